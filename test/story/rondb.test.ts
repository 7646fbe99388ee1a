import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { alterByte } from '../../local/drill/storage.ts';
import { layout } from '../../model/layout.ts';
import { parseManifest } from '../../model/manifest.ts';
import { rondbHome } from '../rondb-home.ts';
import { openBucketOf } from './bucket.ts';
import { processesWith } from './processes.ts';
import { beginStory, type Story } from './story.ts';

const MINUTES = 60_000;

/** A file of a part without rows is a header of 48 bytes, an empty list and a footer: a few hundred bytes at most. */
const WITHOUT_ROWS = 1000;

async function expectRowsInEveryPart({ pipeline }: Story, backupId: string, dataNodes: number): Promise<void> {
  const manifest = parseManifest(await openBucketOf(pipeline).read(`${drillCluster}/backups/${backupId}/manifest.json`));
  const dataFiles = manifest.receipts.flatMap(({ files }) => files.filter(({ path }) => path.endsWith('.Data')));
  expect(dataFiles).toHaveLength(dataNodes * 2);
  expect(dataFiles.filter(({ bytes }) => bytes < WITHOUT_ROWS)).toEqual([]);
}

describe.skipIf(!rondbHome)('a disaster on a real cluster of two data nodes', { timeout: 10 * MINUTES }, () => {
  let story: Story;
  let backupId: string;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows: 5000, rondbHome });
  }, 5 * MINUTES);
  afterAll(() => story?.drill.close(), MINUTES);

  it('takes a backup', async () => {
    ({ backupId } = await story.backup());

    expect(backupId).toMatch(/^[0-9]{9}$/);
    await expectRowsInEveryPart(story, backupId, 2);
  });

  it('leaves nothing of the backup on the data nodes', async () => {
    const { cluster } = story.drill;
    const { readdir } = await import('node:fs/promises');

    const left = await Promise.all(
      cluster.nodes
        .filter(({ roles }) => roles.includes('rondb'))
        .map(({ directory }) => readdir(`${directory}/mysql-cluster/ndb/backups`, { recursive: true })),
    );

    expect(left.flat().filter((path) => path.includes(backupId))).toEqual([]);
  });

  it('refuses to restore into a cluster that still holds tables, and touches nothing', async () => {
    const restore = story.restore({ backup: 'latest', confirm: drillCluster });

    await expect(restore).rejects.toMatchObject({ name: 'TargetNotEmpty', message: expect.stringContaining('user tables') });
    expect((await story.verdict()).differences).toEqual([]);
  });

  it('stops before the database is touched when one byte in S3 was altered', async () => {
    await story.drill.cluster.destroy();
    const empty = await story.drill.cluster.fingerprint();
    const key = `${drillCluster}/backups/${backupId}/rondb/node=2/BACKUP-${backupId}-PART-2-OF-2/BACKUP-${backupId}-0.2.Data`;
    const repair = await alterByte(story.pipeline, key);

    const restore = story.restore({ backup: backupId, confirm: drillCluster });

    await expect(restore).rejects.toMatchObject({
      name: 'ChecksumMismatch',
      message: expect.stringMatching(/DownloadRondbBackup failed on i-[0-9a-f]+.*BACKUP-/),
    });
    expect(await story.drill.cluster.fingerprint()).toEqual(empty);
    await repair();
  });

  it('only plans a restore that is not confirmed', async () => {
    const look = await story.restore({ backup: 'latest' });

    expect(look).toMatchObject({ possible: true, obstacles: [], recoveryPoint: { backupId } });
    expect(Object.keys((await story.drill.cluster.fingerprint()).entries)).not.toContain('table shop_featurestore.orders_1 rows');
  });

  it('brings everything back', async () => {
    await story.restore({ backup: 'latest', confirm: drillCluster });

    const verdict = await story.verdict();

    expect(verdict.differences).toEqual([]);
    expect(verdict.kinds.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['create table', 'table rows', 'table checksum', 'view', 'procedure', 'trigger', 'event', 'user', 'grants']),
    );
  });
});

describe.skipIf(!rondbHome)('a real cluster that lost a data node', { timeout: 5 * MINUTES }, () => {
  let story: Story;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows: 500, rondbHome });
  }, 5 * MINUTES);
  afterAll(() => story?.drill.close(), MINUTES);

  it('is not backed up: the backup would look complete', async () => {
    const { connectString } = story.drill.cluster;
    const [lost] = processesWith(`--ndb-nodeid=2 --ndb-connectstring=${connectString}`);
    process.kill(lost as number, 'SIGKILL');

    const backup = story.backup();

    await expect(backup).rejects.toMatchObject({
      name: 'DataNodeNotStarted',
      message: expect.stringContaining('RonDB data node 2 is "not connected'),
    });
    expect(await openBucketOf(story.pipeline).keys(layout.backups(drillCluster))).toEqual([]);
  });
});
