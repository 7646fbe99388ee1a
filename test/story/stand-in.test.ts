import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { alterByte } from '../../local/drill/storage.ts';
import { layout } from '../../model/layout.ts';
import { openBucketOf } from './bucket.ts';
import { beginStory, type Story } from './story.ts';

const confirm = drillCluster;

describe('a disaster on the stand-in', { timeout: 300_000 }, () => {
  let story: Story;
  let bucket: ReturnType<typeof openBucketOf>;
  let backupId: string;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows: 1000, rondbHome: undefined });
    bucket = openBucketOf(story.pipeline);
  }, 300_000);
  afterAll(() => story?.drill.close());

  it.each([
    ['an unknown field', { cluster: drillCluster, compress: true }, 'RequestInvalid', /compress/],
    ['another cluster', { cluster: 'production' }, 'UnknownCluster', /backs up "drill", not "production"/],
    ['no cluster', {}, 'RequestInvalid', /cluster/],
    ['an id with other characters', { cluster: drillCluster, backupId: '26326;rm' }, 'RequestInvalid', /9 digits.*found "26326;rm"/],
    ['an id out of range', { cluster: drillCluster, backupId: '4294967295' }, 'RequestInvalid', /9 digits/],
    ['an id that is no minute', { cluster: drillCluster, backupId: '269992561' }, 'RequestInvalid', /day of the year/],
  ])('refuses a backup request with %s before anything is written', async (_, request, name, message) => {
    const backup = story.pipeline.start('backup', request).then(story.pipeline.finish);

    await expect(backup).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    expect(await bucket.keys(layout.backups(drillCluster))).toEqual([]);
  });

  it('refuses a backup while a node is offline, naming it', async () => {
    const node = story.drill.cluster.nodes.find(({ name }) => name === 'rondb-2');
    const instanceId = node?.instanceId ?? '';
    story.pipeline.ssm.setPing(instanceId, 'ConnectionLost');

    const backup = story.backup();

    await expect(backup).rejects.toMatchObject({ name: 'NodeOffline', message: expect.stringContaining(instanceId) });
    expect(await bucket.keys(layout.backups(drillCluster))).toEqual([]);
    story.pipeline.ssm.setPing(instanceId, 'Online');
  });

  it('takes a backup, with the manifest as the last object', async () => {
    ({ backupId } = await story.backup());

    expect(await bucket.keys(`${drillCluster}/backups/${backupId}/manifest`)).toEqual([
      `${drillCluster}/backups/${backupId}/manifest.json`,
    ]);
  });

  it('refuses to take a complete backup again under its id', async () => {
    const again = story.backup({ backupId });

    await expect(again).rejects.toMatchObject({ name: 'BackupExists', message: expect.stringContaining(backupId) });
  });

  it('refuses to restore over tables', async () => {
    const restore = story.restore({ backup: 'latest', confirm });

    await expect(restore).rejects.toMatchObject({ name: 'TargetNotEmpty' });
    expect((await story.verdict()).differences).toEqual([]);
  });

  it('says of the living cluster what is in the way, without failing', async () => {
    const look = await story.restore({ before: new Date().toISOString() });

    expect(look).toMatchObject({ possible: false, obstacles: [{ error: 'TargetNotEmpty' }], recoveryPoint: { backupId } });
    const { plan, markdown } = look as { plan: string; markdown: string };
    expect(JSON.parse(await bucket.read(plan))).toMatchObject({
      possible: false,
      confirmed: false,
      requested: expect.stringMatching(/^before /),
    });
    expect(await bucket.read(markdown)).toContain('1. **TargetNotEmpty**: RonDB holds ');
  });

  describe('after everything was lost', () => {
    let restoreKeys: string[];
    beforeAll(async () => {
      await story.drill.cluster.destroy();
      restoreKeys = await bucket.keys(`${drillCluster}/restores/`);
    });

    it.each([
      ['an id with other characters', { backup: '../../other', confirm }, 'RequestInvalid', /latest.*9 digits/],
      ['neither backup nor time', { confirm }, 'RequestInvalid', /either "backup".*or "before"/],
      ['an unknown field', { backup: 'latest', confirm, force: true }, 'RequestInvalid', /force/],
      ['a confirmation of another cluster', { backup: 'latest', confirm: 'production' }, 'UnknownCluster', /not "production"/],
    ])('refuses to restore %s, and writes nothing', async (_, request, name, message) => {
      const restore = story.restore(request);

      await expect(restore).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
      expect(await bucket.keys(`${drillCluster}/restores/`)).toEqual(restoreKeys);
    });

    it('refuses a backup that does not exist, and stores why', async () => {
      const restore = story.restore({ backup: '252010000', confirm });

      await expect(restore).rejects.toMatchObject({ name: 'ManifestMissing', message: expect.stringContaining('252010000') });
      const written = (await bucket.keys(`${drillCluster}/restores/`)).filter((key) => !restoreKeys.includes(key));
      expect(written.map((key) => key.split('/').at(-1)).sort()).toEqual(['plan.json', 'plan.md']);
    });

    it('refuses a manifest of another format', async () => {
      const key = `${drillCluster}/backups/${backupId}/manifest.json`;
      const good = await bucket.read(key);
      await bucket.write(key, good.replace('"formatVersion": 1', '"formatVersion": 7'));

      const restore = story.restore({ backup: backupId, confirm });

      await expect(restore).rejects.toMatchObject({ name: 'ManifestUnsupported', message: expect.stringContaining('formatVersion 7') });
      await bucket.write(key, good);
    });

    it.each([
      ['rondb/node=1', '.ctl'],
      ['rondb/node=2', '.Data'],
      ['metadata', 'users.sql'],
    ])('refuses a backup that lacks an object below %s, naming it', async (folder, ending) => {
      const keys = await bucket.keys(`${drillCluster}/backups/${backupId}/${folder}/`);
      const key = keys.find((candidate) => candidate.includes(ending)) ?? '';
      await bucket.remove(key);

      const restore = story.restore({ backup: backupId, confirm });

      await expect(restore).rejects.toMatchObject({ name: 'ObjectMissing', message: expect.stringContaining(key) });
      await bucket.undelete(key);
    });

    it.each(['.Data', '.log', '.ctl'])('stops before the database is touched when one byte of a %s file was altered', async (ending) => {
      // What a refused restore has fetched and verified before stays on the nodes: begin without it.
      await story.drill.cluster.destroy();
      const empty = await story.drill.cluster.fingerprint();
      const keys = await bucket.keys(`${drillCluster}/backups/${backupId}/rondb/node=2/`);
      const repair = await alterByte(story.pipeline, keys.find((key) => key.includes(ending)) ?? '');

      const restore = story.restore({ backup: backupId, confirm });

      await expect(restore).rejects.toMatchObject({
        name: 'ChecksumMismatch',
        message: expect.stringContaining('DownloadRondbBackup failed on i-'),
      });
      expect(await story.drill.cluster.fingerprint()).toEqual(empty);
      await repair();
    });

    it('brings everything back', async () => {
      await story.restore({ backup: 'latest', confirm });

      const { differences, kinds } = await story.verdict();

      expect(differences).toEqual([]);
      expect(kinds.length).toBeGreaterThan(8);
    });
  });
});
