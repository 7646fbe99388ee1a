import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LoadedAwsCli, loadAwsCli } from './aws-cli.ts';

const run = promisify(execFile);

describe('the loaded AWS CLI', () => {
  let directory: string;
  let loaded: LoadedAwsCli | undefined;
  const aws = () => join(`${loaded?.directory}`, 'aws');
  const environment = {
    PATH: inject('installedPath'),
    HOME: '/nowhere',
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  };

  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'hopsdr-aws-')));
    loaded = await loadAwsCli(directory);
    if (!loaded) throw new Error('this machine has an AWS CLI that cannot be loaded');
  });
  afterAll(async () => {
    await loaded?.stop();
    await rm(directory, { recursive: true });
  });

  it('is the one that is installed', async () => {
    const [one, other] = await Promise.all([run(aws(), ['--version']), run('aws', ['--version'])]);

    expect(one.stdout.split(' ')[0]).toBe(other.stdout.split(' ')[0]);
  });

  it("works in the caller's directory, and ends as the CLI itself does", async () => {
    await writeFile(join(directory, 'broken.json'), '{"Bucket":');
    const arguments_ = ['s3api', 'list-objects-v2', '--cli-input-json', 'file://broken.json'];
    const call = (program: string) => run(program, arguments_, { cwd: directory, env: environment }).catch((error: unknown) => error);

    const [one, other] = await Promise.all([call(aws()), call('aws')]);

    const { code, stderr } = other as { code: number; stderr: string };
    expect(one).toMatchObject({ code, stderr });
    expect(stderr).toMatch(/invalid json/i);
  });

  it("writes to the caller's own files", async () => {
    const server = await listening('content');
    const script = '"$0" s3api get-object --bucket b --key k /dev/fd/5 5>&1 >/dev/null | cat';

    const { stdout } = await run('bash', ['-c', script, aws()], { env: { ...environment, AWS_ENDPOINT_URL: server.url } });

    server.close();
    expect(stdout).toBe('content');
  });

  it("asks with the caller's environment, whoever called before", async () => {
    const server = await listening('<ListAllMyBucketsResult/>');
    const list = (key: string) =>
      run(aws(), ['s3api', 'list-buckets'], { env: { ...environment, AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: key } });

    await list('FIRST');
    await list('SECOND');

    server.close();
    expect(server.credentials).toEqual(['FIRST', 'SECOND']);
  });

  it('ends a call whose caller was killed', async () => {
    const connections: Promise<unknown>[] = [];
    const server = createServer();
    server.on('connection', (socket) => connections.push(once(socket, 'close')));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const caller = spawn(aws(), ['s3api', 'list-buckets'], { env: { ...environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` } });
    await once(server, 'connection');

    caller.kill('SIGKILL');

    await expect(Promise.all(connections)).resolves.toHaveLength(1);
    server.close();
  });
});

/** A server that gives everybody the same answer. */
async function listening(answer: string) {
  const credentials: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    credentials.push(/Credential=(\w+)/.exec(`${request.headers.authorization}`)?.[1]);
    response.end(answer);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, credentials, close: () => server.close() };
}
