import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { blockBucket, drillCluster } from '../drill.ts';
import type { Scenario } from '../scenario.ts';
import { openObjects } from '../storage.ts';

export const hopsfsDisks: Scenario = {
  name: 'hopsfs-disks',
  happens: 'Two backups are taken of HopsFS on disks, of which no block changed in between, and then all is lost.',
  proves: 'The second backup moves no block, and brings all of them back.',
  hopsworks: 'disks',
  async play(stage) {
    await stage.backUp();
    const { keys } = openObjects(stage.pipeline);
    const first = await keys(`${drillCluster}/blocks/`);
    await stage.backUp();
    const second = await keys(`${drillCluster}/blocks/`);
    if (first.length === 0 || String(second) !== String(first)) {
      throw new Error(`the first backup stored ${first.length} objects of blocks, and the second made them ${second.length}`);
    }
    await stage.loseAll();
    await stage.restore();
    await stage.expectSame();
  },
};

export const hopsfsS3: Scenario = {
  name: 'hopsfs-s3',
  happens: 'HopsFS keeps its blocks in S3. After the backup blocks are deleted there, and then all nodes are lost.',
  proves: 'Every deleted block that the backup needs comes back, and nothing else in that bucket changes.',
  hopsworks: 's3',
  async play(stage) {
    const blocks = openObjects(stage.pipeline, blockBucket);
    await blocks.put('deleted-before');
    await blocks.remove('deleted-before');
    // S3 tells whole seconds, and what was deleted shortly before a backup comes back: it may have been after it.
    await delay(4000);
    await stage.backUp();
    const needed = await blocks.keys();
    for (const key of needed.filter((_, index) => index % 3 === 0)) await blocks.remove(key);
    await blocks.put('stored-since');
    await stage.loseAll();
    await stage.restore();
    await stage.expectSame();
    const found = await openObjects(stage.pipeline, blockBucket).keys();
    const expected = new Set([...needed, 'stored-since']);
    const unlike = [...found.filter((key) => !expected.has(key)), ...[...expected].filter((key) => !found.includes(key))];
    if (unlike.length > 0) throw new Error(`${unlike.length} keys in the bucket of blocks are not as before, the first is ${unlike[0]}`);
  },
};

/** A minute is the shortest time that HopsFS can be given. */
const impatient = { hopsfs: { storage: 'disks', safeModeMinutes: 1 } };

export const safeModeStuck: Scenario = {
  name: 'safe-mode-stuck',
  happens: 'HopsFS stays in safe mode although all datanodes report.',
  proves: 'The restore waits as long as it is told, never forces safe mode off, and ends; after a repair a redrive brings everything back.',
  hopsworks: 'disks',
  cluster: impatient,
  async play(stage) {
    await stage.backUp();
    await stage.loseAll();
    const repair = await stage.fail('stuck');
    const redrive = await stage.refuses('SafeModeStuck', 'nothing');
    await repair();
    await redrive();
    await stage.expectSame();
  },
};

export const missingBlock: Scenario = {
  name: 'missing-block',
  happens: 'A datanode had lost a block already when the backup was taken.',
  proves: 'HopsFS leaves safe mode all the same; the restore counts the block as missing and does not call itself successful.',
  hopsworks: 'disks',
  cluster: impatient,
  async play(stage) {
    const datanode = stage.drill.cluster.nodes.find(({ name }) => name === 'hopsfs-1');
    await loseBlock(datanode?.directory ?? '');
    await stage.backUp();
    await stage.loseAll();
    await stage.refuses('BlocksMissing', 'nothing');
  },
};

/** Removes the first finalized block below a directory, with its checksums. */
async function loseBlock(directory: string): Promise<void> {
  const paths = await readdir(directory, { recursive: true });
  const block = paths.filter((path) => /\/finalized\/.*\/blk_[0-9]+$/.test(path)).sort()[0];
  if (!block) throw new Error(`there is no block below ${directory}`);
  for (const path of paths.filter((path) => path === block || path.startsWith(`${block}_`))) await rm(join(directory, path));
}
