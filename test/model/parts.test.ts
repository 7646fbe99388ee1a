import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partBytes, partCount } from '../../model/parts.ts';

const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;
const TEBIBYTE = 1024 ** 4;
/** What S3 takes at most. */
const PARTS = 10_000;
const sizes = Array.from({ length: PARTS }, (_, index) => partBytes(index + 1));

describe('the parts of a file', () => {
  it.each([
    [1, 64 * MEBIBYTE],
    [250, 64 * MEBIBYTE],
    [251, 128 * MEBIBYTE],
    [501, 256 * MEBIBYTE],
    [1750, 4 * GIBIBYTE],
    [1751, 5 * GIBIBYTE],
    [PARTS, 5 * GIBIBYTE],
  ])('have, as part %d, %d bytes', (number, bytes) => {
    expect(partBytes(number)).toBe(bytes);
  });

  it('never become smaller, and are of sizes that S3 takes', () => {
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes[0]).toBeGreaterThanOrEqual(5 * MEBIBYTE);
    expect(sizes.at(-1)).toBeLessThanOrEqual(5 * GIBIBYTE);
  });

  it.each([0, -1, 1.5, PARTS + 1, Number.NaN])('have no number %d', (number) => {
    expect(() => partBytes(number)).toThrow(RangeError);
  });

  it.each([
    [0, 0],
    [64 * MEBIBYTE - 1, 0],
    [64 * MEBIBYTE, 1],
    [64 * MEBIBYTE + 1, 2],
    [250 * 64 * MEBIBYTE, 250],
    [250 * 64 * MEBIBYTE + 128 * MEBIBYTE, 251],
    [sizes.reduce((sum, size) => sum + size), PARTS],
  ])('of %d bytes are %d; none when one request stores it', (bytes, count) => {
    expect(partCount(bytes)).toBe(count);
  });

  it('hold a file: all but the last are full, the last is not empty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64 * MEBIBYTE, max: 42 * TEBIBYTE }), (bytes) => {
        const before = sizes.slice(0, partCount(bytes) - 1).reduce((sum, size) => sum + size, 0);

        expect(bytes).toBeGreaterThan(before);
        expect(bytes).toBeLessThanOrEqual(before + partBytes(partCount(bytes)));
      }),
    );
  });

  it('are fewer than 10,000 for 40 TiB', () => {
    expect(partCount(40 * TEBIBYTE)).toBeLessThan(PARTS);
  });

  it.each([1, 2, 8, 40])('are at most 16,384 for each TiB of a file of %d TiB', (tebibytes) => {
    expect(partCount(tebibytes * TEBIBYTE)).toBeLessThanOrEqual(16_384 * tebibytes);
  });

  it('are more than S3 takes beyond 42 TiB', () => {
    expect(partCount(43 * TEBIBYTE)).toBeGreaterThan(PARTS);
  });
});
