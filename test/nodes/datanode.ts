import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { storageReceiptSchema } from '../../model/receipt.ts';
import { givenNode } from './given.ts';

export const pool = 'BP-1-10.0.0.7-1600000000000';
const finalized = `current/${pool}/current/finalized/subdir0/subdir0`;
/** When blocks were written, in seconds. */
const TIME = 1790000000;
/** The prefix of a restore. */
const RUN = 'practice/restores/run-1';
/** Where the files of a storage's blocks are stored. */
export const blocksOf = (storage: string) => `bucket/practice/blocks/${storage}/${pool}/subdir0/subdir0`;
export const unzstd = (file: string) => execFileSync('zstd', ['-dcq', file]);

/** An imitated node with a datanode: data directories `dn-1`, `dn-2`, and the stub of S3. */
export function givenDatanode() {
  const node = givenNode();
  const receipt = (storageId: string, backupId = '263261030') =>
    storageReceiptSchema.parse(JSON.parse(node.read(`bucket/practice/backups/${backupId}/hopsfs/${storageId}/receipt.json`)));
  return {
    ...node,
    /** Writes the VERSIONs of a data directory, as a datanode does. */
    givenStorage(directory: string, storageId: string, datanodeUuid = 'uuid-1'): void {
      node.write(`${directory}/current/VERSION`, `#Sun Nov 22\nstorageID=${storageId}\nclusterID=CID-1\ndatanodeUuid=${datanodeUuid}\n`);
      node.write(`${directory}/current/${pool}/current/VERSION`, `blockpoolID=${pool}\n`);
      node.write(`${directory}/in_use.lock`, '');
      node.write(`${directory}/current/${pool}/current/rbw/blk_99`, 'being written');
    },
    /** Writes a finalized block at a time; its generation stamp is 1000 more than `number`. */
    givenBlock(directory: string, number: number, content = `block ${number}`, stamp = 1000 + number, time = TIME): void {
      const block = `${directory}/${finalized}/blk_${number}`;
      utimesSync(node.write(block, content), time, time);
      utimesSync(node.write(`${block}_${stamp}.meta`, `meta of ${content}`), time, time);
    },
    block: (directory: string, number: number) => `${directory}/${finalized}/blk_${number}`,
    receipt,
    /** Pins what the receipts name, as the planner of a restore does; returns the parameters that say so. */
    givenPlan(...storageIds: string[]) {
      const recorded = storageIds.flatMap((storageId) => {
        const { list, files } = receipt(storageId);
        return [
          [`hopsfs/${storageId}/blocks.list`, list.sha256],
          [`hopsfs/${storageId}/files.tar`, files.sha256],
        ];
      });
      return { prefix: RUN, listsSha256: node.givenLists(RUN, {}, Object.fromEntries(recorded)) };
    },
    list: (storageId: string, backupId = '263261030') =>
      unzstd(node.path(`bucket/practice/backups/${backupId}/hopsfs/${storageId}/blocks.list.zst`))
        .toString()
        .trimEnd()
        .split('\n')
        .filter(Boolean),
    /** Names of the block files that were sent so far, without their time. */
    sent: () =>
      node
        .operations()
        .filter((operation) => operation.startsWith('cp '))
        .map((operation) =>
          operation
            .split('/')
            .at(-1)
            ?.replace(/_\d+(\.meta)?$/, '$1'),
        )
        .sort(),
    /** Every file below a directory with its content. */
    tree: (directory: string) =>
      Object.fromEntries(
        readdirSync(node.path(directory), { recursive: true, encoding: 'utf8' })
          .filter((name) => statSync(node.path(directory, name)).isFile())
          .sort()
          .map((name) => [name, readFileSync(join(node.path(directory), name), 'utf8')]),
      ),
  };
}
