/**
 * S3 lists keys by the bytes of their UTF-8 form, JavaScript compares UTF-16. A key's UTF-8 bytes, one character for each,
 * compare as S3 wants; prefix and delimiter work on that form as well.
 */
export function toBytes(key: string): string {
  return Buffer.from(key, 'utf8').toString('latin1');
}

/** The key whose {@link toBytes} form that is. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const sorted = new WeakMap<readonly string[], readonly string[]>();

/** The byte forms of all keys in order; remembered as long as the list of keys stays the same one. */
export function inOrder(keys: readonly string[]): readonly string[] {
  const known = sorted.get(keys) ?? keys.map(toBytes).sort();
  sorted.set(keys, known);
  return known;
}

/** The index of the first entry that is not below `bound`. */
export function lowerBound(order: readonly string[], bound: string): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] as string) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
