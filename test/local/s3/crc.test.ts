import { describe, expect, it } from 'vitest';
import { type Algorithm, startChecksum } from '../../../local/s3/checksums.ts';

describe('a checksum of "123456789"', () => {
  it.each<[Algorithm, string]>([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ])('is by %s the published check value, in however many pieces it comes', (algorithm, expected) => {
    const checksum = startChecksum(algorithm);

    for (const piece of ['1', '', '2345', '6789']) checksum.update(Buffer.from(piece));

    expect(checksum.digest().toString('hex')).toBe(expected);
  });
});
