import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { putRequests } from '../../../bench/sink/counts.ts';
import { type Sink, startSink } from '../../../bench/sink/start-sink.ts';

const digestOf = (text: string | Buffer) => createHash('sha256').update(text).digest();

describe('the sink of the benchmarks', () => {
  let sink: Sink;
  let endpoint: string;
  const ask = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(`${endpoint}/bucket/${path}`, { method, headers, ...(body !== undefined && { body }) });

  beforeAll(async () => {
    sink = startSink();
    endpoint = await sink.listen({ host: '127.0.0.1', port: 0 });
  });
  beforeEach(() => sink.clear());
  afterAll(() => sink.stop());

  async function upload(key: string, parts: readonly string[]): Promise<string> {
    const begun = await (await ask('POST', `${key}?uploads`)).text();
    const id = /<UploadId>(.+)<\/UploadId>/.exec(begun)?.[1] ?? '';
    for (const [index, part] of parts.entries()) {
      const headers = { 'x-amz-checksum-sha256': digestOf(part).toString('base64') };
      await ask('PUT', `${key}?partNumber=${index + 1}&uploadId=${id}`, part, headers);
    }
    return id;
  }

  it('says of an object of several parts what S3 would say of its size and checksum', async () => {
    const id = await upload('key', ['one', 'three']);
    await ask('POST', `key?uploadId=${id}`, '');

    const { headers } = await ask('HEAD', 'key');

    const composite = digestOf(Buffer.concat([digestOf('one'), digestOf('three')])).toString('base64');
    expect(headers.get('content-length')).toBe('8');
    expect(headers.get('x-amz-checksum-sha256')).toBe(`${composite}-2`);
  });

  it('replaces nothing for who asks for that', async () => {
    await ask('PUT', 'key', 'first', { 'if-none-match': '*' });

    const { status } = await ask('PUT', 'key', 'second', { 'if-none-match': '*' });

    expect(status).toBe(412);
    expect(await (await ask('GET', 'key')).text()).toBe('first');
  });

  it('serves zeros for what it has thrown away, also a range of them', async () => {
    const id = await upload('key', ['x'.repeat(1000)]);
    await ask('POST', `key?uploadId=${id}`, '');

    const answer = await ask('GET', 'key', undefined, { range: 'bytes=990-' });

    expect([answer.status, await answer.text()]).toEqual([206, '\0'.repeat(10)]);
  });

  it('knows no upload that was given up', async () => {
    const id = await upload('key', ['one']);
    await ask('DELETE', `key?uploadId=${id}`);

    const { status } = await ask('POST', `key?uploadId=${id}`, '');

    expect(status).toBe(404);
  });

  it('counts requests and bytes from the last time it was cleared', async () => {
    const id = await upload('key', ['one', 'three']);
    await ask('POST', `key?uploadId=${id}`, '');
    await ask('HEAD', 'key');

    const counts = await sink.counts();

    expect(counts).toMatchObject({ requests: { UploadPart: 2, HeadObject: 1 }, receivedBytes: 8 });
    expect(putRequests(counts)).toBe(4);
  });
});
