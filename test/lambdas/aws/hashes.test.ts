import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Crc32, Md5, readableStreamHasher, Sha1, Sha256 } from '../../../lambdas/aws/hashes.ts';

const data = Buffer.from('123456789');
const hex = (digest: Uint8Array) => Buffer.from(digest).toString('hex');

describe('the hashes in the bundles', () => {
  // Of "123456789", the usual check; the HMAC by `openssl dgst -hmac secret`.
  it.each([
    ['SHA-256', new Sha256(), '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
    ['HMAC-SHA-256', new Sha256('secret'), 'e9f1f91535398c73105b095ee2be45fa6a26fd4ee56f17b1410ce2145850df42'],
    ['SHA-1', new Sha1(), 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['MD5', new Md5(), '25f9e794323b453885f5181f1b624d0b'],
    ['CRC-32', new Crc32(), 'cbf43926'],
  ])('know %s, of what comes in pieces and after being begun again, too', async (_, hash, expected) => {
    hash.update(Buffer.from('given up'));
    hash.reset();
    for (const piece of [data.subarray(0, 4), data.subarray(4)]) hash.update(piece);

    expect(hex(await hash.digest())).toBe(expected);
  });

  it('give a digest as often as it is asked for', async () => {
    const hash = new Sha256();
    hash.update(data);

    expect(hex(await hash.digest())).toBe(hex(await hash.digest()));
  });

  it('know what a stream holds', async () => {
    expect(hex(await readableStreamHasher(Md5, Readable.from([data])))).toBe('25f9e794323b453885f5181f1b624d0b');
  });
});
