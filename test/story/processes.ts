import { readdirSync, readFileSync } from 'node:fs';

/** The processes, other than this one, that have a text in their command line. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => commandLine(pid).includes(text))
    .map(Number);
}

/** Ends processes at once and without warning, with everything in their process groups. */
export function killGroups(leaders: readonly number[]): void {
  for (const group of new Set(leaders.map(groupOf))) {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
  }
}

function commandLine(pid: string): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function groupOf(pid: number): number | undefined {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ');
  return fields?.[2] === undefined ? undefined : Number(fields[2]);
}

/** A process may end between being listed and being read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
