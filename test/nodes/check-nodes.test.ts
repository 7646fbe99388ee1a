import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { refuse, startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode as givenPracticeNode, type Parameters } from './given.ts';

let buckets: Awaited<ReturnType<typeof startBuckets>>;
let bucket: Awaited<ReturnType<typeof buckets.givenBucket>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
  bucket = await buckets.givenBucket();
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

/** A node whose AWS CLI is a stub with a bucket of files; the sender of data nodes asks a real S3. */
function givenNode() {
  const node = givenPracticeNode();
  const run = (script: string, given: Parameters = {}, environment: Record<string, string> = {}) =>
    node.run(script, { bucket: bucket.name, ...given }, { ...bucket.environment, ...environment });
  return { ...node, run };
}

describe('check-nodes', () => {
  it('answers versions and free space when everything is there', async () => {
    const node = givenNode();

    const { stdout } = await node.run('check-nodes');

    const version = expect.stringMatching(/^\d+\.\d+\.\d+$/);
    const answer = answers.CheckNodes.parse(JSON.parse(stdout));
    expect(answer).toMatchObject({ awsCli: 'aws-cli/2.17.34', localNodeIds: [1], zstd: version, python: version });
    expect(answer.freeBytes).toBeGreaterThan(0);
  });

  it('does not ask for space or ndb_restore on a node without a data node', async () => {
    const node = givenNode();
    node.stub('ndb_config', 'echo "1 10.250.250.250 /data /backups"');
    node.remove('mysql/bin/ndb_restore');

    const { stdout } = await node.run('check-nodes', { requiredBytes: '9999999999999999' });

    expect(JSON.parse(stdout)).toMatchObject({ localNodeIds: [] });
  });

  it.each(['ndb_mgm', 'ndb_config', 'ndb_show_tables', 'ndb_restore', 'ndb_select_count', 'ndb_drop_table'])(
    'names %s when it is missing',
    async (tool) => {
      const node = givenNode();
      node.remove(`mysql/bin/${tool}`);

      const { code, last } = await node.run('check-nodes');

      expect(code).toBe(11);
      expect(last).toMatch(new RegExp(`: .*/mysql/bin/${tool} is not there\\.$`));
    },
  );

  it.each([
    ['does not run', 'echo "python3: not found" >&2; exit 127', 'aws does not run: python3: not found'],
    ['is another program', 'echo hello', 'aws is not the AWS CLI: hello'],
  ])('refuses an aws that %s', async (_, body, sentence) => {
    const node = givenNode();
    node.stub('aws', body);

    const { code, last } = await node.run('check-nodes');

    expect(code).toBe(11);
    expect(last).toContain(sentence);
  });

  it.each([
    ['is missing', 'exit 127', 'python3 does not do'],
    ['is too old', 'echo "3.5.2 is older than 3.6" >&2; exit 1', '3.5.2 is older than 3.6'],
    ['lacks a library', 'echo "ModuleNotFoundError: No module named \'ssl\'" >&2; exit 1', "No module named 'ssl'"],
  ])('refuses a python3 that %s', async (_, body, sentence) => {
    const node = givenNode();
    node.stub('python3', body);

    const { code, last } = await node.run('check-nodes');

    expect(code).toBe(11);
    expect(last).toContain(sentence);
  });

  it('says why the bucket cannot be used', async () => {
    const node = givenNode();

    const { code, last } = await node.run('check-nodes', {}, { AWS_FAILS: 'list-objects-v2' });

    expect(code).toBe(16);
    expect(last).toContain('s3://practice-1 cannot be listed: An error occurred (AccessDenied) when calling the list-objects-v2');
  });

  const check = 'practice/backups/263261030/checks/i-0000000000000b001.json';

  it('proves for a backup that this instance may write there', async () => {
    const node = givenNode();

    await node.run('check-nodes');

    const stored = node.read(`bucket/${check}`);
    expect(stored).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(stored)).toEqual({
      instance: 'i-0000000000000b001',
      awsCli: 'aws-cli/2.17.34',
      zstd: expect.any(String),
      freeBytes: expect.any(Number),
    });
  });

  it('proves that the sender of data nodes may write there, too, with credentials of its own', async () => {
    await givenNode().run('check-nodes');
    const again = await givenNode().run('check-nodes');

    const proof = await bucket.get('practice/backups/263261030/checks/i-0000000000000b001.sender.json');
    expect(Buffer.from(proof.bytes).toString()).toBe('{"instance":"i-0000000000000b001"}\n');
    expect(again.code).toBe(0);
  });

  it('says why the sender cannot write', async () => {
    const refusing = await buckets.givenBucket();
    refusing.interfere((_, response) => refuse(response, 403, 'AccessDenied'));

    const { code, last } = await givenNode().run('check-nodes', { bucket: refusing.name });

    expect(code).toBe(exitCodeOf('UploadFailed'));
    expect(last).toContain(`s3://${refusing.name}/practice/backups/263261030/checks/i-0000000000000b001.sender.json could not be stored`);
  });

  it('is content with the proof of an earlier run', async () => {
    const node = givenNode();
    node.write(`bucket/${check}`, 'earlier');

    const { code } = await node.run('check-nodes');

    expect(code).toBe(0);
    expect(node.read(`bucket/${check}`)).toBe('earlier');
  });

  it('writes nothing for a restore', async () => {
    const node = givenNode();

    const { code } = await node.run('check-nodes', { prefix: 'practice/restores/run-1' });

    expect(code).toBe(0);
    expect(node.operations()).toEqual(['list-objects-v2 practice/restores/run-1/']);
  });

  it('says why nothing can be written', async () => {
    const { code, last } = await givenNode().run('check-nodes', {}, { AWS_FAILS: 'put-object' });

    expect(code).toBe(16);
    expect(last).toMatch(new RegExp(`s3://practice-1/${check} cannot be stored: .*\\(AccessDenied\\).* Access Denied$`));
  });

  it('says that the AWS CLI may be the cause when it cannot write conditionally', async () => {
    const { code, last } = await givenNode().run('check-nodes', {}, { AWS_FAILS: 'put-object', AWS_CLI: 'old' });

    expect(code).toBe(16);
    expect(last).toMatch(/Access Denied; aws-cli\/2\.9\.19 cannot write conditionally: install AWS CLI 2\.17\.34 \(1\.34\.2\) or newer\.$/);
  });

  it('lets an old AWS CLI write where the bucket lets it', async () => {
    const node = givenNode();

    const { code } = await node.run('check-nodes', {}, { AWS_CLI: 'old' });

    expect(code).toBe(0);
    expect(node.has(`bucket/${check}`)).toBe(true);
  });

  it('names the RonDB node whose volume is too full', async () => {
    const node = givenNode();
    node.stub('df', `printf 'Filesystem 1-blocks Used Available Capacity Mounted on\\n/dev/x 100 1 99 1%% /\\n'`);

    const { code, last } = await node.run('check-nodes', { requiredBytes: '0100' });

    expect(code).toBe(15);
    expect(last).toMatch(/RonDB node 1: the volume of .*\/backups has 99 free bytes, 0100 are required\.$/);
  });
});
