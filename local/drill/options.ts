import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/** What is rehearsed, and on what. */
export interface DrillOptions {
  readonly scenario: Scenario;
  /** RonDB data nodes: 2, or 4 for two node groups. */
  readonly nodes: 2 | 4;
  /** The data nodes of the cluster that comes after a disaster, where the scenario does not say so itself. */
  readonly restoreNodes: 1 | 2 | 4;
  /** Rows of the biggest table of the sample data. */
  readonly rows: number;
  /** Whether cluster and bucket stay for a look when all is done. */
  readonly keep: boolean;
  /** Where RonDB is installed; without it the stand-in takes its place. */
  readonly rondbHome: string | undefined;
}

export const usage = `npm run drill -- [--scenario NAME] [--nodes 2|4] [--restore-nodes 1|2|4] [--rows N] [--keep]

Rehearses a case on this machine, by default a whole disaster: back up, destroy, restore, compare. Exit status 0 when it ended
as it must, also where it must end with an error.

  --scenario NAME        what is rehearsed (default ${scenarios[0].name})
  --list                 print the scenarios
  --nodes 2|4            RonDB data nodes; 4 makes two node groups (default: as the scenario has it)
  --restore-nodes 1|2|4  data nodes of the cluster that comes after the disaster (default: as many as before)
  --rows N               rows of the biggest table of the sample data, 100 to 1,000,000 (default 20,000)
  --keep                 leave the cluster and the bucket for a look until Ctrl-C

RONDB_HOME=<directory with bin/ndb_mgmd …> rehearses on a real RonDB; without it a stand-in takes its place.`;

/** Reads the command line. Throws a sentence that says what was expected. */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): DrillOptions | 'help' | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', default: scenarios[0].name },
      list: { type: 'boolean', default: false },
      nodes: { type: 'string' },
      'restore-nodes': { type: 'string' },
      rows: { type: 'string', default: '20000' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  const scenario = scenarios.find(({ name }) => name === values.scenario);
  if (!scenario) throw new Error(`--scenario ${values.scenario}: expected one of ${scenarios.map(({ name }) => name).join(', ')}`);
  const nodes = Number(values.nodes ?? scenario.nodes ?? 2);
  if (nodes !== 2 && nodes !== 4) throw new Error(`--nodes ${values.nodes}: expected 2 or 4`);
  const restoreNodes = Number(values['restore-nodes'] ?? nodes);
  if (restoreNodes !== 1 && restoreNodes !== 2 && restoreNodes !== 4) {
    throw new Error(`--restore-nodes ${values['restore-nodes']}: expected 1, 2 or 4`);
  }
  const rows = Number(values.rows);
  if (!/^[0-9]+$/.test(values.rows) || rows < 100 || rows > 1_000_000) {
    throw new Error(`--rows ${values.rows}: expected a number from 100 to 1,000,000`);
  }
  return {
    scenario,
    nodes,
    restoreNodes,
    rows,
    keep: values.keep,
    rondbHome: environment.RONDB_HOME || undefined,
  };
}
