import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { refuse, startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode, type Parameters, parameters } from './given.ts';

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

const backups = 'mysql-cluster/ndb/backups';

describe('remove-local-backup', () => {
  async function givenBackups() {
    const [node, bucket] = [givenNode(), await buckets.givenBucket()];
    for (const id of ['263261030', '263261031']) {
      node.write(`${backups}/BACKUP/BACKUP-${id}/BACKUP-${id}.1.ctl`, '');
      node.write(`${backups}/hopsdr/${id}/upload/record.json`, '');
    }
    const begin = (Key: string) => bucket.client.send(new CreateMultipartUploadCommand({ Bucket: bucket.name, Key }));
    await begin(`${parameters.prefix}/rondb/node=1/BACKUP-263261030/BACKUP-263261030-0.1.Data`);
    await begin(`${parameters.prefix}/rondb/node=2/BACKUP-263261030/BACKUP-263261030-0.2.Data`);
    return {
      ...node,
      bucket,
      removeBackup: (given: Parameters = {}) => node.run('remove-local-backup', { bucket: bucket.name, ...given }, bucket.environment),
    };
  }

  it('removes the backup and what belongs to it, and nothing of another backup', async () => {
    const node = await givenBackups();

    const { stdout } = await node.removeBackup();

    expect(answers.RemoveLocalBackup.parse(JSON.parse(stdout))).toEqual({ removed: [1], givenUp: 1 });
    expect(node.has(`${backups}/BACKUP/BACKUP-263261030`)).toBe(false);
    expect(node.has(`${backups}/hopsdr/263261030`)).toBe(false);
    expect(node.has(`${backups}/BACKUP/BACKUP-263261031/BACKUP-263261031.1.ctl`)).toBe(true);
    expect(node.has(`${backups}/hopsdr/263261031/upload/record.json`)).toBe(true);
  });

  it('is content when there is nothing left to remove', async () => {
    const node = await givenBackups();
    await node.removeBackup();

    const { answer } = await node.removeBackup();

    expect(JSON.parse(answer)).toEqual({ removed: [1], givenUp: 0 });
  });

  it('leaves no part of its own nodes in the bucket, and what others have not finished', async () => {
    const node = await givenBackups();

    await node.removeBackup();

    expect(await node.bucket.uploads()).toEqual([expect.stringContaining('/node=2/')]);
  });

  it('asks nothing of the bucket after a restore', async () => {
    const node = await givenBackups();

    const { answer } = await node.removeBackup({ prefix: 'practice/restores/run-1' });

    expect(JSON.parse(answer)).toEqual({ removed: [1], givenUp: 0 });
    expect(await node.bucket.uploads()).toHaveLength(2);
  });

  it('says why an upload cannot be ended', async () => {
    const node = await givenBackups();
    node.bucket.interfere((request, response) => request.method === 'DELETE' && refuse(response, 403, 'AccessDenied'));

    const { code, last, answer } = await node.removeBackup();

    expect({ code, answer }).toEqual({ code: exitCodeOf('CleanupFailed'), answer: '' });
    expect(last).toMatch(/unfinished uploads remain in s3:.*: as told \(AccessDenied\)\.$/);
  });

  it('refuses while RonDB writes this backup', async () => {
    const node = await givenBackups();
    node.stub('ndb_mgm', 'echo "Node 1: Local backup status: backup 263261030 started from node 49"');

    const { code, last } = await node.removeBackup();

    expect(code).toBe(28);
    expect(last).toContain('backup 263261030 is running');
    expect(node.has(`${backups}/BACKUP/BACKUP-263261030`)).toBe(true);
  });

  it('removes nothing when RonDB cannot be asked', async () => {
    const node = await givenBackups();
    node.stub('ndb_mgm', 'echo "Unable to connect"; exit 255');

    const { code } = await node.removeBackup();

    expect(code).toBe(12);
    expect(node.has(`${backups}/BACKUP/BACKUP-263261030`)).toBe(true);
  });

  it('names the directory that cannot be removed', async () => {
    const node = await givenBackups();
    node.stub('rm', '[[ $* != */BACKUP/* ]] || { echo "rm: Permission denied" >&2; exit 1; }; exec /bin/rm "$@"');

    const { code, last } = await node.removeBackup();

    expect(code).toBe(28);
    expect(last).toMatch(/RonDB node 1: .*BACKUP\/BACKUP-263261030 could not be removed\.$/);
  });
});
