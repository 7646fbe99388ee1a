import type { Scenario } from '../scenario.ts';
import { alterByte, openObjects } from '../storage.ts';

export const plan: Scenario = {
  name: 'plan',
  happens: 'After a disaster somebody asks what a restore would do, without confirming it.',
  proves: 'The plan is possible, names no obstacle, and changes nothing.',
  hopsworks: 'disks',
  async play(stage) {
    await stage.backUp();
    await stage.loseAll();
    const empty = await stage.drill.fingerprint();
    const { possible, obstacles } = await stage.plan();
    if (!possible || obstacles.length > 0) throw new Error(`the restore was to be possible: ${JSON.stringify(obstacles)}`);
    await stage.expectSame(empty);
  },
};

export const alteredByte: Scenario = {
  name: 'altered-byte',
  happens: 'One byte of the backup in S3 is altered before the disaster.',
  proves: 'The restore ends before RonDB is touched; when the byte is as it was, a redrive brings everything back.',
  async play(stage) {
    const { backupId } = await stage.backUp();
    const keys = await openObjects(stage.pipeline).keys(`drill/backups/${backupId}/rondb/node=2/`);
    const repair = await alterByte(stage.pipeline, keys.find((key) => key.includes('.Data')) ?? '');
    await stage.loseAll();
    const redrive = await stage.refuses('ChecksumMismatch');
    await repair();
    await redrive();
    await stage.expectSame();
  },
};

export const missingStorage: Scenario = {
  name: 'missing-storage',
  happens: 'The new cluster has one datanode of HopsFS fewer than the backup.',
  proves: 'The plan refuses before anything is touched: the blocks of a storage would have no place.',
  hopsworks: 'disks',
  async play(stage) {
    await stage.backUp();
    await stage.loseAll({ hopsfs: 1 });
    await stage.refuses('StorageUnplaced');
  },
};
