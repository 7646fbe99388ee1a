import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeChunks } from '../../../local/s3/chunked.ts';

// The example of the S3 documentation: 65 KiB of "a", signed by its example key in its example hour.
const SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
const first = `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`;
const second = `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n`;
const last = '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n';

describe('signed chunks', () => {
  it.each([1000, 65_537, 1_000_000])('are decoded when they arrive in pieces of %i bytes', async (size) => {
    const content = await decodeSigned(first + second + last, size);

    expect(content).toBe('a'.repeat(66_560));
  });

  it.each([
    ['a changed byte', (first + second + last).replace('aa\r\n', 'ab\r\n'), 'SignatureDoesNotMatch'],
    ['a chunk left out', first + last, 'SignatureDoesNotMatch'],
    ['no last chunk', first + second, 'IncompleteBody'],
    ['something after the last chunk', `${first}${second}${last}x`, 'IncompleteBody'],
    ['an unsigned chunk', '1\r\na\r\n0\r\n\r\n', 'SignatureDoesNotMatch'],
  ])('are refused with %s', async (_, text, code) => {
    const decoding = decodeSigned(text);

    await expect(decoding).rejects.toMatchObject({ code });
  });
});

describe('unsigned chunks with a trailer', () => {
  it('give their content and the trailer', async () => {
    const trailers = new Map<string, string>();

    const content = await collect(decodeChunks(pieces('3\r\nabc\r\n0\r\nX-Amz-Checksum-Crc32:NSRBwg==\r\n\r\n', 2), undefined, trailers));

    expect(content).toBe('abc');
    expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'NSRBwg==']]);
  });

  it.each([
    ['a size that is none', 'x\r\nabc\r\n0\r\na:b\r\n\r\n'],
    ['a chunk longer than its size', '2\r\nabc\r\n0\r\na:b\r\n\r\n'],
    ['a chunk shorter than its size', '4\r\nabc\r\n0\r\na:b\r\n\r\n'],
    ['no end of the trailer', '3\r\nabc\r\n0\r\na:b\r\n'],
    ['the same trailer twice', '3\r\nabc\r\n0\r\na:b\r\nA:b\r\n\r\n'],
    ['an endless line', `3;${'x'.repeat(10_000)}`],
  ])('are refused with %s', async (_, text) => {
    const decoding = collect(decodeChunks(pieces(text, 100), undefined, new Map()));

    await expect(decoding).rejects.toMatchObject({ code: 'IncompleteBody' });
  });
});

function decodeSigned(text: string, size = 4096): Promise<string> {
  const hmac = (key: string | Buffer, content: string) => createHmac('sha256', key).update(content).digest();
  const key = ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(hmac, 'AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
  const sign = (algorithm: string, ...lines: string[]) =>
    hmac(key, [algorithm, '20130524T000000Z', '20130524/us-east-1/s3/aws4_request', ...lines].join('\n')).toString('hex');
  return collect(decodeChunks(pieces(text, size), { payload: '', signature: SEED, sign }, undefined));
}

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < text.length; start += size) yield Buffer.from(text.slice(start, start + size));
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}
