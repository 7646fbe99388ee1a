import { compareFingerprints, type Difference, type Fingerprint } from '../cluster/fingerprint.ts';

/** What a drill proved: how many pieces of each kind came back as they were. */
export interface Verdict {
  readonly kinds: readonly { readonly kind: string; readonly compared: number; readonly different: number }[];
  readonly differences: readonly Difference[];
  readonly passed: boolean;
}

/** Compares what the cluster held before the disaster with what it holds after the restore. Nothing to compare is a failure. */
export function judge(before: Fingerprint, after: Fingerprint): Verdict {
  const differences = compareFingerprints(before, after);
  const names = [...new Set([...Object.keys(before.entries), ...Object.keys(after.entries)])];
  const kinds = [...new Set(names.map(kindOf))].sort().map((kind) => ({
    kind,
    compared: names.filter((name) => kindOf(name) === kind).length,
    different: differences.filter(({ entry }) => kindOf(entry) === kind).length,
  }));
  return { kinds, differences, passed: differences.length === 0 && Object.keys(before.entries).length > 0 };
}

/** The verdict as a table, and every difference below it. */
export function formatVerdict({ kinds, differences, passed }: Verdict): string {
  const width = Math.max(...kinds.map(({ kind }) => kind.length), 4);
  const row = (kind: string, compared: string, result: string) => `  ${kind.padEnd(width)}  ${compared.padStart(8)}  ${result}`;
  return [
    row('what', 'compared', 'result'),
    ...kinds.map(({ kind, compared, different }) => row(kind, String(compared), different === 0 ? 'identical' : `${different} DIFFERENT`)),
    ...differences.flatMap(({ entry, before, after }) => [
      '',
      `  ${entry}`,
      `    before: ${shorten(before)}`,
      `    after:  ${shorten(after)}`,
    ]),
    '',
    passed ? 'VERDICT: everything came back.' : 'VERDICT: THE RESTORED CLUSTER IS NOT THE ONE THAT WAS BACKED UP.',
  ].join('\n');
}

/** `table shop.orders rows` → `table rows`, `create table shop.orders` → `create table`, `user …` → `user`. */
function kindOf(entry: string): string {
  const [, what = entry, detail = ''] = /^(create table|[a-z]+) .*?( rows| checksum| next number)?$/s.exec(entry) ?? [];
  return what + detail;
}

function shorten(text: string | undefined): string {
  if (text === undefined) return '(not there)';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
