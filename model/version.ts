const NUMBERS = /(\d+)\.(\d+)\.(\d+)/;

/** Whether a text names a version, as `isOlder` wants it. */
export function isVersion(text: string): boolean {
  return NUMBERS.test(text);
}

/** The first three numbers of a version: `[22, 10, 4]` of `RonDB-22.10.4`, `[9, 7, 2]` of `mysql-9.7.2 ndb-9.7.2`, `[3, 3, 2746]` of `3.3.2746.0`. */
function numbersOf(version: string): number[] {
  const digits = NUMBERS.exec(version);
  if (!digits) throw new Error(`No version number in "${version}"`);
  return digits.slice(1).map(Number);
}

/** Whether `version` is older than `reference`. Throws for a text without a version number. */
export function isOlder(version: string, reference: string): boolean {
  const mine = numbersOf(version);
  const theirs = numbersOf(reference);
  const differing = mine.findIndex((number, index) => number !== theirs[index]);
  return differing >= 0 && (mine[differing] ?? 0) < (theirs[differing] ?? 0);
}
