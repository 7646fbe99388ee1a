import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { givenDatanode } from '../../nodes/datanode.ts';
import { sha256 } from '../../nodes/given.ts';
import { givenHdfs, reportOf } from '../../nodes/hdfs.ts';
import type { Fault } from '../fault.ts';
import { onNode } from '../stages/script.ts';

type Datanode = ReturnType<typeof givenDatanode>;
const OFF = 'echo "Safe mode is OFF"';

/** A datanode with two storages and a few blocks; `spoil` comes last. */
const datanode = (spoil: (node: Datanode) => unknown = () => {}) => {
  const node = givenDatanode();
  node.givenStorage('dn-1', 'DS-1');
  node.givenStorage('dn-2', 'DS-2');
  for (const number of [1, 2, 3]) node.givenBlock('dn-1', number);
  node.givenBlock('dn-2', 4);
  spoil(node);
  return node;
};

/** The same, with a backup in the bucket and a new deployment's directories. */
async function emptied(spoil: (node: Datanode) => unknown) {
  const node = datanode();
  for (const script of ['snapshot-blocks', 'upload-blocks']) {
    const { code, last } = await node.run(script);
    if (code !== 0) throw new Error(`${script}: ${last}`);
  }
  for (const directory of ['dn-1', 'dn-2']) {
    node.empty(directory);
    node.givenStorage(directory, `DS-new-${directory}`, 'uuid-new');
    node.remove(`${directory}/current/BP-1-10.0.0.7-1600000000000/current/rbw/blk_99`);
  }
  const parameters = node.givenPlan('DS-1');
  spoil(node);
  return { ...node, parameters };
}

const block = 'bucket/practice/blocks/DS-1/BP-1-10.0.0.7-1600000000000/subdir0/subdir0/blk_1_1001_1790000000';
const holding = { action: 'SnapshotBlocks', error: 'SnapshotFailed' } as const;
const putting = { action: 'RestoreBlocks', parameters: { storages: 'i-0000000000000b001=DS-1' } } as const;
const waiting = { action: 'AwaitSafeModeExit', parameters: { limitSeconds: '1' } } as const;
const nameNode = { action: 'StartNameNode', parameters: { units: 'namenode', timeoutSeconds: '2' }, error: 'NameNodeFailed' } as const;

/** HopsFS and its blocks. */
export const hopsfs: Fault[] = [
  onNode({
    ...holding,
    id: 'one-storage-in-two-directories',
    item: 'two datanodes with one storage id',
    injected: 'Two data directories of a datanode call themselves by one storage id',
    on: () => datanode((node) => node.givenStorage('dn-2', 'DS-1')),
  }),
  onNode({
    ...holding,
    id: 'directories-of-two-datanodes',
    item: 'two datanodes with one storage id',
    injected: 'The data directories of an instance belong to two datanodes',
    on: () => datanode((node) => node.givenStorage('dn-2', 'DS-2', 'uuid-2')),
  }),
  onNode({
    ...holding,
    id: 'no-storage',
    item: 'datanode missing',
    injected: 'The data directories are empty since the plan',
    on: () => datanode((node) => [node.remove('dn-1/current'), node.remove('dn-2/current')]),
  }),
  onNode({
    ...holding,
    id: 'blocks-cannot-be-held',
    item: 'full disk',
    injected: 'The file system takes no more hard links',
    on: () => datanode((node) => node.stub('cp', 'echo "cp: cannot create hard link: No space left on device" >&2; exit 1')),
  }),
  onNode({
    id: 'blocks-not-held-before',
    item: 'restore order',
    action: 'UploadBlocks',
    injected: 'Blocks are shipped that were not held before the native backup began',
    on: () => datanode(),
    error: 'SnapshotFailed',
  }),
  onNode({
    id: 's3-loses-block',
    item: 'object missing at seal',
    action: 'UploadBlocks',
    injected: 'The AWS CLI exits 0 and a block is not in the bucket',
    on: async () => {
      const node = datanode();
      await node.run('snapshot-blocks');
      return node;
    },
    environment: { AWS_FAILS: 'cp=lost' },
    error: 'UploadFailed',
    remains: '5 objects',
  }),
  onNode({
    ...putting,
    id: 'stored-block-bit-flipped',
    item: 'checksum mismatch',
    injected: 'One byte of a stored block has changed',
    on: () => emptied((node) => writeFileSync(node.path(block), 'blocK 1')),
    error: 'ChecksumMismatch',
  }),
  onNode({
    ...putting,
    id: 'stored-list-and-receipt-replaced',
    item: 'checksum mismatch',
    injected: "A storage's list of blocks and its receipt were replaced together",
    on: () =>
      emptied((node) => {
        const { list, ...receipt } = node.receipt('DS-1');
        const stored = 'bucket/practice/backups/263261030/hopsfs/DS-1';
        node.write(`${stored}/receipt.json`, JSON.stringify({ ...receipt, list: { ...list, sha256: sha256('') } }));
        node.write(`${stored}/blocks.list.zst`, execFileSync('zstd', ['-qc'], { input: '' }));
      }),
    error: 'ChecksumMismatch',
  }),
  onNode({
    ...putting,
    id: 'stored-block-gone',
    item: 'checksum mismatch',
    injected: 'A block is gone from the bucket after the plan',
    on: () => emptied((node) => node.remove(block)),
    error: 'DownloadFailed',
  }),
  onNode({
    ...putting,
    id: 'directory-occupied',
    item: 'two datanodes with one storage id',
    injected: 'The data directory that shall take a storage holds blocks of another one',
    on: () => emptied((node) => [node.givenBlock('dn-1', 9), node.givenBlock('dn-2', 9)]),
    error: 'StorageOccupied',
  }),
  onNode({
    ...putting,
    id: 'too-few-directories',
    item: 'datanode missing',
    injected: 'The instance has fewer data directories than the plan counted',
    on: () => emptied((node) => [node.remove('dn-1'), node.remove('dn-2')]),
    error: 'BlockRestoreFailed',
  }),
  onNode({
    ...waiting,
    id: 'safe-mode-stuck',
    item: 'safe mode stuck',
    injected: 'HopsFS stays in safe mode',
    on: () => givenHdfs({ report: reportOf(500, 2) }),
    error: 'SafeModeStuck',
  }),
  onNode({
    ...waiting,
    id: 'datanode-missing',
    item: 'datanode missing',
    injected: 'One of two datanodes does not report: half of the blocks are missing',
    on: () => givenHdfs({ report: reportOf(0, 1), safeBlocks: 'echo 500' }),
    error: 'SafeModeStuck',
  }),
  onNode({
    ...waiting,
    id: 'blocks-missing-after-safe-mode',
    item: 'datanode missing',
    injected: 'HopsFS has left safe mode with 99.9 % of its blocks',
    on: () => givenHdfs({ safeMode: OFF, report: reportOf(1) }),
    error: 'BlocksMissing',
  }),
  onNode({
    ...waiting,
    id: 'mysqld-down-in-safe-mode',
    item: 'mysqld down',
    injected: 'mysqld does not answer while HopsFS is in safe mode',
    on: () => givenHdfs({ mysql: 'echo "ERROR 2002 (HY000): no socket" >&2; exit 1' }),
    error: 'SqlServerUnreachable',
  }),
  onNode({
    ...nameNode,
    id: 'name-node-ends',
    item: 'non-zero exit',
    injected: 'The NameNode ends as soon as it has started',
    on: () => givenHdfs({ safeMode: 'echo failed >"$HOPS_ROOT/systemd/namenode"; exit 255' }),
  }),
  onNode({
    ...nameNode,
    id: 'name-node-not-in-safe-mode',
    item: 'restore order',
    injected: 'The NameNode starts outside safe mode, where it deletes blocks that it does not know',
    on: () => givenHdfs({ safeMode: OFF }),
  }),
  onNode({
    ...nameNode,
    id: 'metadata-of-hopsfs-empty',
    item: 'restore order',
    injected: 'RonDB holds no metadata of HopsFS: somebody would format it',
    on: () => givenHdfs({ variables: 0 }),
  }),
];
