import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it } from 'vitest';
import { verifySignature } from '../../local/sigv4.ts';

const credentials = { accessKeyId: 'AKIALOCAL', secretAccessKey: 'local-secret' };
let stop = async () => {};

afterEach(() => stop());

describe('verifySignature', () => {
  it('accepts what the SDK signs for ssm', async () => {
    const { endpoint, verdict } = await listen('ssm');
    const client = new SSMClient({ endpoint, credentials, region: 'eu-north-1', maxAttempts: 1 });

    await client.send(new ListCommandsCommand({ CommandId: 'a'.repeat(36) }));

    expect(verdict()).toBe('good');
  });

  it('accepts what the SDK signs for states', async () => {
    const { endpoint, verdict } = await listen('states');
    const client = new SFNClient({ endpoint, credentials, region: 'eu-north-1', maxAttempts: 1 });

    await client.send(new ListStateMachinesCommand({}));

    expect(verdict()).toBe('good');
  });

  it.each<[string, (request: IncomingMessage) => void, string]>([
    ['no signature', ({ headers }) => delete headers.authorization, 'Missing'],
    ['another algorithm', ({ headers }) => (headers.authorization = 'Basic eDp5'), 'Malformed'],
    ['a path that was changed', (request) => (request.url = '/other'), 'Mismatch'],
    ['a query that was added', (request) => (request.url = '/?a=b'), 'Mismatch'],
    ['a path that is not UTF-8', (request) => (request.url = '/%ff'), 'Malformed'],
    ['another method', (request) => (request.method = 'PUT'), 'Mismatch'],
    ['a header that was changed', ({ headersDistinct }) => (headersDistinct['x-amz-target'] = ['Other']), 'Mismatch'],
    ['an x-amz- header that was added', ({ headers }) => (headers['x-amz-acl'] = 'private'), 'Unsigned'],
    ['a time that was changed', ({ headers }) => (headers['x-amz-date'] = '20010101T000000Z'), 'WrongScope'],
    ['the hash of another body', ({ headers }) => (headers['x-amz-content-sha256'] = '0'.repeat(64)), 'PayloadMismatch'],
  ])('refuses %s', async (_, change, fault) => {
    const { endpoint, verdict } = await listen('ssm', change);
    const client = new SSMClient({ endpoint, credentials, region: 'eu-north-1', maxAttempts: 1 });

    await client.send(new ListCommandsCommand({}));

    expect(verdict()).toBe(fault);
  });
});

/** Answers everything with {} and remembers what became of the last signature. */
async function listen(service: 'ssm' | 'states', change: (request: IncomingMessage) => void = () => {}) {
  let verdict = 'none';
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    change(request);
    try {
      verifySignature(request, credentials, { service, region: 'eu-north-1', body });
      verdict = 'good';
    } catch (error) {
      verdict = (error as { fault: string }).fault;
    }
    response.setHeader('content-type', 'application/x-amz-json-1.1').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, verdict: () => verdict };
}
