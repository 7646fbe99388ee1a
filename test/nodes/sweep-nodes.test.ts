import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode, type Parameters, realAws } from './given.ts';

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
const prefix = 'practice/sweeps/run-1';
const DAY = 86_400;

/** The days since the bucket got plan.json: what the node has is written after it, and looked at that much later. */
async function givenNodeWithBackups(...known: string[]) {
  const [node, bucket] = [givenNode(), await buckets.givenBucket()];
  node.stub('aws', `exec ${realAws} "$@"`);
  for (const id of known) await bucket.put(`practice/backups/${id}/plan.json`, '{}');
  /** Writes a file, and lets it and its directory be so many days old; below 0 they are of the future, which leaves plan.json behind. */
  const put = (directory: string, file: string, days = -1) => {
    const path = node.write(`${directory}/${file}`, 'x'.repeat(100));
    const time = Date.now() / 1000 - days * DAY;
    for (const each of [path, node.path(directory)]) utimesSync(each, time, time);
  };
  return {
    ...node,
    put,
    sweep: async (given: Parameters = {}) => {
      const ended = await node.run('sweep-nodes', { bucket: bucket.name, prefix, graceDays: '0', ...given }, bucket.environment);
      return { ...ended, answer: ended.code === 0 ? answers.SweepNodes.parse(JSON.parse(ended.stdout)) : undefined };
    },
  };
}

const [ID, OTHER] = ['263261030', '263261031'];
const native = `${backups}/BACKUP/BACKUP-${ID}`;

describe('sweep-nodes', () => {
  it('only tells what would go: the native backup of a dead run, its state, and what holds blocks for it', async () => {
    const node = await givenNodeWithBackups(ID);
    node.put(native, `BACKUP-${ID}.1.ctl`, 0);
    node.put(`${backups}/hopsdr/${ID}`, 'record.json', 3);
    node.put(`dn-1/hopsdr/${ID}`, 'blk_1', 3);
    node.put(`dn-2/hopsdr/restore-${ID}`, 'blk_1', 3);

    const { answer } = await node.sweep();

    expect(answer).toMatchObject({ storages: 0, found: 4, going: 4, bytes: 400 });
    expect(answer?.entries.map(({ fate, bytes, path }) => [fate, bytes, path.split('/').at(-1)])).toEqual([
      ['removable', 100, `BACKUP-${ID}`],
      ['removable', 100, ID],
      ['removable', 100, ID],
      ['removable', 100, `restore-${ID}`],
    ]);
    for (const path of [native, `${backups}/hopsdr/${ID}`, `dn-1/hopsdr/${ID}`, `dn-2/hopsdr/restore-${ID}`])
      expect(node.has(path)).toBe(true);
  });

  it('removes them when told to, and nothing beside them', async () => {
    const node = await givenNodeWithBackups(ID);
    node.put(native, `BACKUP-${ID}.1.ctl`, 0);
    node.put(`dn-1/hopsdr/${ID}`, 'blk_1', 3);
    node.put(`${backups}/hopsdr/notes`, 'readme', 99);
    node.put('dn-1/hopsdr/other', 'x', 99);
    node.put('dn-1/current/263261030', 'blk_1', 99);

    const { answer } = await node.sweep({ remove: 'true' });

    expect(answer).toMatchObject({ found: 2, going: 2, entries: [{ fate: 'removed' }, { fate: 'removed' }] });
    expect([native, `dn-1/hopsdr/${ID}`].filter(node.has)).toEqual([]);
    expect([`${backups}/hopsdr/notes/readme`, 'dn-1/hopsdr/other/x', 'dn-1/current/263261030/blk_1'].every(node.has)).toBe(true);
    expect((await node.sweep({ remove: 'true' })).answer).toMatchObject({ found: 0, going: 0 });
  });

  it('removes what a verification had fetched that was killed, and nobody cleaned up after, but of none that still runs', async () => {
    const node = await givenNodeWithBackups();
    const [dead, running] = ['dead', 'running'].map((run) => `${backups}/hopsdr/verify-${run}`) as [string, string];
    for (const directory of [dead, running]) node.put(`${directory}/node=1/BACKUP-${ID}`, `BACKUP-${ID}.1.ctl`, 3);
    node.write('hopsdr/verify-running.lock', '');
    const holder = spawn('flock', [node.path('hopsdr/verify-running.lock'), 'bash', '-c', 'echo held; read']);
    await once(holder.stdout, 'data');

    const { answer } = await node.sweep({ remove: 'true' });

    holder.stdin.end();
    expect(answer?.entries.map(({ fate, why }) => [fate, why])).toEqual([
      ['removed', expect.stringMatching(/^untouched/)],
      ['kept', 'a script is using it'],
    ]);
    expect([dead, running].map(node.has)).toEqual([false, true]);
  });

  it('counts as freed only what lies nowhere else', async () => {
    const node = await givenNodeWithBackups();
    node.put(`dn-1/hopsdr/${ID}/a`, 'blk_1', 3);
    linkSync(node.path('dn-1/hopsdr', ID, 'a/blk_1'), node.path('dn-1', 'blk_1'));

    expect((await node.sweep()).answer).toMatchObject({ found: 1, going: 1, bytes: 0 });
  });

  it.each([
    ['a native backup that the bucket does not know', [], 0, /no backup of this product/],
    ['a native backup that was there before the one of this id was begun', [ID], 5, /older than the backup of this product/],
  ])('keeps %s, however old', async (_what, known, days, why) => {
    const node = await givenNodeWithBackups(...known);
    node.put(native, `BACKUP-${ID}.1.ctl`, days);

    const { answer } = await node.sweep({ remove: 'true' });

    expect(answer).toMatchObject({ found: 1, going: 0, entries: [{ fate: 'kept', why: expect.stringMatching(why) }] });
    expect(node.has(native)).toBe(true);
  });

  it('keeps a native backup that was taken by hand under any number', async () => {
    const node = await givenNodeWithBackups(ID);
    node.put(`${backups}/BACKUP/BACKUP-7`, 'BACKUP-7.1.ctl', 900);

    expect((await node.sweep({ remove: 'true' })).answer).toMatchObject({ found: 1, going: 0 });
    expect(node.has(`${backups}/BACKUP/BACKUP-7`)).toBe(true);
  });

  it('keeps what anything was written into within the days of grace', async () => {
    const node = await givenNodeWithBackups(ID);
    for (const days of [40, 30, 20]) node.put(`${backups}/hopsdr/${ID}/${days}`, 'record.json', days);
    node.put(`${backups}/hopsdr/${OTHER}`, 'record.json', 22);
    const time = Date.now() / 1000 - 40 * DAY;
    utimesSync(node.path(backups, 'hopsdr', ID), time, time);

    const { answer } = await node.sweep({ graceDays: '21', remove: 'true' });

    expect(answer?.entries).toMatchObject([
      { fate: 'kept', why: 'touched 20 days ago' },
      { fate: 'removed', why: 'untouched for 22 days' },
    ]);
  });

  it('keeps what RonDB is writing', async () => {
    const node = await givenNodeWithBackups(ID);
    node.stub('ndb_mgm', `echo "Node 1: Local backup status: backup ${ID} started from node 49"`);
    node.put(native, `BACKUP-${ID}.1.ctl`, 0);

    expect((await node.sweep({ remove: 'true' })).answer).toMatchObject({ going: 0, entries: [{ why: 'RonDB is writing it' }] });
  });

  it.each([ID, `${ID}.upload`, 'blocks'])('keeps what a script is using that holds the lock %s', async (lock) => {
    const node = await givenNodeWithBackups(ID);
    node.put(`dn-1/hopsdr/${ID}`, 'blk_1', 99);
    node.write(`hopsdr/${lock}.lock`, '');
    const holder = spawn('flock', [node.path('hopsdr', `${lock}.lock`), 'bash', '-c', 'echo held; read']);
    try {
      await once(holder.stdout, 'data');
      expect((await node.sweep({ remove: 'true' })).answer).toMatchObject({
        going: 0,
        entries: [{ why: expect.stringMatching(/^a script is using/) }],
      });
    } finally {
      holder.stdin.end();
    }
  });

  it('is content on an instance without data nodes and without RonDB', async () => {
    const node = await givenNodeWithBackups();
    node.remove('mysql/bin');
    node.put(`dn-1/hopsdr/${ID}`, 'blk_1', 99);

    expect((await node.sweep()).answer).toMatchObject({ found: 1, going: 1 });
  });

  it('removes nothing when the bucket cannot be asked whose a backup is', async () => {
    const node = await givenNodeWithBackups(ID);
    node.stub('aws', 'echo "Unable to locate credentials" >&2; exit 253');
    node.put(native, `BACKUP-${ID}.1.ctl`, 0);

    const { code } = await node.sweep({ remove: 'true' });

    expect(code).toBe(exitCodeOf('BucketUnreachable'));
    expect(node.has(native)).toBe(true);
  });

  it('names what it could not remove', async () => {
    const node = await givenNodeWithBackups();
    node.put(`dn-1/hopsdr/${ID}`, 'blk_1', 99);
    node.stub('rm', `[[ $* != *dn-1* ]] || exit 1; exec /bin/rm "$@"`);

    const { code, last } = await node.sweep({ remove: 'true' });

    expect({ code, last }).toEqual({
      code: exitCodeOf('CleanupFailed'),
      last: expect.stringMatching(/dn-1\/hopsdr\/263261030 could not be removed\.$/),
    });
  });
});
