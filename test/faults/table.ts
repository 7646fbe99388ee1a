import { type Fault, type Measured, namesOfAws, type Outcome, type Played } from './fault.ts';
import { items } from './items.ts';

/** A row as it ended: as declared, otherwise, or not at all. */
export interface Result {
  readonly fault: Fault;
  readonly measured: Measured | undefined;
  readonly verdict: 'as declared' | 'DIFFERS' | 'NOT RUN';
}

/** Compares what was measured with what was declared. */
export function resultsOf(faults: readonly Fault[], played: readonly Played[]): Result[] {
  return faults.map((fault) => {
    const run = played.find(({ id }) => id === fault.id);
    const verdict = run === undefined ? 'NOT RUN' : run.measured && isAsDeclared(fault, run.measured) ? 'as declared' : 'DIFFERS';
    return { fault, measured: run?.measured, verdict };
  });
}

function isAsDeclared({ expected, limit }: Fault, { seconds, ...outcome }: Measured): boolean {
  return inWords(outcome) === inWords(expected) && seconds <= limit;
}

const inWords = ({ error, step, node, remains }: Outcome) => [error, step, node, remains].join(' | ');

/** The matrix for a terminal: what was measured of each row, and what had been declared where that is another. */
export function printed(results: readonly Result[]): string {
  const columns = ['row', 'where', 'error', 'step', 'node', 'remains', 'seconds', ''];
  const rows = results.flatMap(({ fault, measured, verdict }) => {
    const { error, step, node, remains, seconds } = measured ?? { error: '?', step: '?', node: '?', remains: '?', seconds: 0 };
    const row = [fault.id, fault.where, error, step, node, remains, `${seconds.toFixed(1)} of ${fault.limit}`, verdict];
    const { expected } = fault;
    return verdict === 'DIFFERS' ? [row, ['', 'declared:', expected.error, expected.step, expected.node, expected.remains, '', '']] : [row];
  });
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...rows.map(line)].join('\n');
}

/** One sentence of the whole. */
export function summary(results: readonly Result[]): string {
  const count = (verdict: Result['verdict']) => results.filter((result) => result.verdict === verdict).length;
  return `${results.length} faults: ${count('as declared')} ended as declared, ${count('DIFFERS')} otherwise, ${count('NOT RUN')} were not run.`;
}

/** docs/faults.md: the declarations, which a test holds to the page. */
export function pageOf(matrix: Readonly<Record<string, readonly Fault[]>>): string {
  const faults = Object.values(matrix).flat();
  const cells = (...words: (string | number)[]) => `| ${words.map((word) => `${word}`.replaceAll('|', '\\|')).join(' | ')} |`;
  const endedBy = (names: readonly string[]) => faults.filter(({ expected }) => names.includes(expected.error)).length;
  const [survivors, awsNamed] = [endedBy(['survives']), endedBy(namesOfAws)];
  const sections = Object.entries(matrix).flatMap(([family, rows]) => [
    `## ${family}`,
    '',
    cells('row', 'where', 'what is injected', 'error', 'step named', 'node named', 'what remains', 'within'),
    cells(...Array.from({ length: 8 }, () => '---')),
    ...rows.map(({ id, where, injected, expected: { error, step, node, remains }, limit }) =>
      cells(`\`${id}\``, where, injected, error === 'survives' ? 'survives' : `\`${error}\``, step, node, remains, `${limit} s`),
    ),
    '',
  ]);
  const covered = items.map((item) => cells(item, faults.flatMap((fault) => (fault.item === item ? [`\`${fault.id}\``] : [])).join(' ')));
  return `${[
    '# The fault matrix',
    '',
    `${faults.length} faults are injected one by one, and each ends as its row declares: ${faults.length - survivors - awsNamed} fail by a name of the catalogue, ${awsNamed}, of Lambdas, by AWS's own (${namesOfAws.map((name) => `\`${name}\``).join(', ')}), each with the step, and the node if it was one, in the message; ${survivors} are survived, which means that the result was compared and is right. None ends in a success that is none.`,
    '',
    '`npm run faults` injects them all and prints what was measured; so does `npm test`, a test a row. `npm run faults -- --write` writes this page, which a test compares with the rows. Rows on a real RonDB need `RONDB_HOME`.',
    '',
    '*What remains* is everything found afterwards of what the stage looks for, and nothing else: manifest, other objects, open multipart uploads, processes and commands, the local directory of the backup, what was asked of the database; of a verification what it fetched and its report, of a sweep what it may remove and its report. Seconds are those of the clock of the stage: a virtual one where the state machines run on simulated nodes.',
    '',
    ...sections,
    '## What covers what',
    '',
    cells('fault', 'rows'),
    cells('---', '---'),
    ...covered,
  ].join('\n')}\n`;
}
