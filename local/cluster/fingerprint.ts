/** What a cluster holds, piece by piece: `table shop.orders rows` → `20000`, `view …` → its definition, and so on. */
export interface Fingerprint {
  readonly entries: Readonly<Record<string, string>>;
}

/** One piece that is not the same before and after; an absent side means that the piece is not there at all. */
export interface Difference {
  readonly entry: string;
  readonly before?: string;
  readonly after?: string;
}

/**
 * What Hopsworks leaves out of a restore, because a new cluster writes its own: {@link Fingerprint}s leave it out too.
 * `rows`: the tables come back, but empty. `databases`: their tables do not come back.
 */
export const notRestored = {
  rows: ['hopsworks.hosts', 'hopsworks.host_services'],
  databases: ['glassfish_timers'],
} as const;

/** Every piece that differs, sorted by name; an empty list means that everything is the same. */
export function compareFingerprints(before: Fingerprint, after: Fingerprint): Difference[] {
  const names = new Set([...Object.keys(before.entries), ...Object.keys(after.entries)]);
  return [...names].sort().flatMap((entry) => {
    const [was, is] = [before.entries[entry], after.entries[entry]];
    if (was === is) return [];
    return [{ entry, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }];
  });
}

/**
 * Takes AUTO_INCREMENT=… out of SHOW CREATE TABLE: `next` is the number that this mysqld would hand out next. NDB reserves numbers
 * by the block, so after a restore, as after a mere restart, it is higher than before; all that counts is that no row has it.
 */
export function splitCounter(createTable: string): { createTable: string; next: bigint } {
  const option = /^(\) ENGINE=\w+) AUTO_INCREMENT=(\d+)/m;
  return { createTable: createTable.replace(option, '$1'), next: BigInt(option.exec(createTable)?.[2] ?? 1) };
}
