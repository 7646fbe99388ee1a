import { createHash } from 'node:crypto';
import { sameText, type VerifiedSignature } from '../sigv4.ts';
import { S3Error } from './errors.ts';

const LONGEST_LINE = 4096;
const SHA256_OF_NOTHING = createHash('sha256').digest('hex');

/**
 * Takes the framing off an aws-chunked body. Checks the signature of every chunk and of the trailer when `signature` is given;
 * puts the trailing headers into `trailers`, which must be given when and only when the request announces some.
 */
export async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  signature: VerifiedSignature | undefined,
  trailers: Map<string, string> | undefined,
): AsyncGenerator<Buffer> {
  const reader = createReader(source);
  let previous = signature?.signature ?? '';
  for (let size = -1; size !== 0; ) {
    const [, digits = '', given] = /^([0-9a-fA-F]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await reader.line()) ?? [];
    if (digits === '') throw new S3Error('IncompleteBody', 'A chunk of the body does not begin with its size.');
    if ((given === undefined) !== (signature === undefined)) throw refused('Chunks must be signed when and only when the request says so.');
    size = Number.parseInt(digits, 16);
    const hash = createHash('sha256');
    for (let left = size; left > 0; ) {
      const piece = await reader.atMost(left);
      if (signature) hash.update(piece);
      yield piece;
      left -= piece.length;
    }
    if (signature) {
      const expected = signature.sign('AWS4-HMAC-SHA256-PAYLOAD', previous, SHA256_OF_NOTHING, hash.digest('hex'));
      if (!sameText(expected, given as string)) throw refused('The signature of a chunk does not match its content.');
      previous = expected;
    }
    if (size > 0 || !trailers) await expectEmpty(reader);
  }
  if (trailers) await readTrailers(reader, trailers, signature, previous);
  await reader.end();
}

async function readTrailers(reader: Reader, trailers: Map<string, string>, signature: VerifiedSignature | undefined, previous: string) {
  let signed = '';
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [, name = '', value = ''] = /^([A-Za-z0-9-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === '' || trailers.has(name.toLowerCase())) throw new S3Error('IncompleteBody', 'The trailer of the body is malformed.');
    trailers.set(name.toLowerCase(), value);
    if (name !== 'x-amz-trailer-signature') signed += `${name.toLowerCase()}:${value}\n`;
  }
  const given = trailers.get('x-amz-trailer-signature');
  trailers.delete('x-amz-trailer-signature');
  if (!signature) return;
  const expected = signature.sign('AWS4-HMAC-SHA256-TRAILER', previous, createHash('sha256').update(signed).digest('hex'));
  if (given === undefined || !sameText(expected, given)) throw refused('The signature of the trailer does not match.');
}

type Reader = ReturnType<typeof createReader>;

function createReader(source: AsyncIterable<Buffer>) {
  const iterator = source[Symbol.asyncIterator]();
  let pending: Buffer = Buffer.alloc(0);

  async function more(): Promise<void> {
    const next = await iterator.next();
    if (next.done) throw new S3Error('IncompleteBody', 'The body ended inside its chunk framing.');
    pending = pending.length === 0 ? next.value : Buffer.concat([pending, next.value]);
  }

  function take(length: number): Buffer {
    const taken = pending.subarray(0, length);
    pending = pending.subarray(length);
    return taken;
  }

  return {
    async line(): Promise<string> {
      let end = pending.indexOf('\r\n');
      for (; end < 0; end = pending.indexOf('\r\n')) {
        if (pending.length > LONGEST_LINE) throw new S3Error('IncompleteBody', 'A line of the chunk framing is too long.');
        await more();
      }
      return take(end + 2).toString('latin1', 0, end);
    },
    async atMost(length: number): Promise<Buffer> {
      if (pending.length === 0) await more();
      return take(length);
    },
    async end(): Promise<void> {
      if (pending.length > 0 || !(await iterator.next()).done)
        throw new S3Error('IncompleteBody', 'The body goes on after its last chunk.');
    },
  };
}

async function expectEmpty(reader: Reader): Promise<void> {
  if ((await reader.line()) !== '') throw new S3Error('IncompleteBody', 'A chunk of the body is longer than its size.');
}

function refused(message: string): S3Error {
  return new S3Error('SignatureDoesNotMatch', message);
}
