import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ActionName, documentParameters } from '../../model/actions.ts';
import { type Answer, answers } from '../../model/answers.ts';
import { assembleScript } from '../../nodes/assemble.ts';
import { BACKUP_ID } from './directories.ts';
import { type Command, measure, type Taken } from './measure.ts';
import { BUCKET } from './peers.ts';
import type { Workplace } from './workplace.ts';

export const INSTANCE = 'i-00000000000000001';
/** The backup that an imitated node takes part in, by its prefix in the bucket. */
export const PREFIX = `bench/backups/${BACKUP_ID}`;
export const GCPS = { startGcp: 5, stopGcp: 8 };

/** A data node with the real scripts, and with imitations of the two programs of RonDB that they ask. */
export interface ImitatedNode {
  /** Where its RonDB writes the backup. */
  readonly backup: string;
  /** From now on ndb_restore reads the backup as a completed one. */
  complete(): void;
  run<A extends ActionName>(action: A): Promise<Taken & { readonly answer: Answer<A> }>;
  remove(): void;
}

export function createNode(workplace: Workplace, endpoint: string, within: (command: Command) => Command): ImitatedNode {
  const directory = join(workplace.directory, 'node');
  const backups = join(directory, 'mysql-cluster/ndb/backups');
  const backup = join(backups, 'BACKUP', `BACKUP-${BACKUP_ID}`);
  const completed = join(directory, 'completed');
  const program = (name: string, body: string) => write(join(directory, 'mysql/bin', name), `#!/bin/sh\n${body}\n`);
  program('ndb_config', `echo "1 127.0.0.1 ${directory} ${backups}"`);
  const words = `Start GCP of Backup: ${GCPS.startGcp}\\nStop GCP of Backup: ${GCPS.stopGcp}\\nData and log restore successful\\n`;
  program('ndb_restore', `[ -e ${completed} ] && printf '[part 1] ${words.replaceAll('\\nStop', '\\n[part 1] Stop')}'`);
  mkdirSync(backups, { recursive: true });

  const given: Record<string, string> = {
    connectString: '127.0.0.1:1186',
    backupId: BACKUP_ID,
    bucket: BUCKET,
    prefix: PREFIX,
    bytesPerSecond: '0',
  };
  return {
    backup,
    complete: () => writeFileSync(completed, ''),
    async run(action) {
      const script = join(directory, `${action}.sh`);
      write(script, assembleScript(action));
      const parameters = documentParameters(action).map((name) => [`SSM_${name}`, given[name]]);
      const { stdout, ...taken } = await measure(
        within({
          words: ['bash', script],
          environment: {
            ...workplace.environment,
            ...Object.fromEntries(parameters),
            HOPS_ROOT: directory,
            HOPS_DATA_ROOT: directory,
            AWS_SSM_INSTANCE_ID: INSTANCE,
            AWS_ENDPOINT_URL: endpoint,
          },
        }),
      );
      return { ...taken, answer: answers[action].parse(JSON.parse(stdout)) as Answer<typeof action> };
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}
