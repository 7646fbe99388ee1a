import type { ActionName } from '../../model/actions.ts';
import type { Answer } from '../../model/answers.ts';

const SHA256 = '0'.repeat(64);
const packed = Buffer.alloc(600).toString('base64');
const units = { done: [], absent: [] };
const receipt = { receiptSha256: SHA256, bytes: 1 };
const versions = { mysql: '8.0', hopsworks: null, definitionSha256: null, passwordFingerprint: null };
const file = (path: string) => ({ path, bytes: 1, checksum: `${'A'.repeat(43)}=`, sha256: SHA256 });

/** What a simulated node answers when it has done something: true to the answer's shape and, about, to its size. */
export const answersOf: { readonly [A in ActionName]: Answer<A> } = {
  InspectCluster: { localNodeIds: [], restoring: [], freeBytes: null, cluster: null },
  InspectHopsfs: { directories: [{ path: '/dn', storageId: null, datanodeUuid: null, blocks: 0, bytes: 0, freeBytes: 0 }] },
  CheckNodes: { localNodeIds: [1], freeBytes: 0, awsCli: '2', zstd: '1', python: '3.11.2' },
  DumpMetadata: { files: ['users.sql', 'objects.sql', 'versions.json'].map(file), users: 1, versions },
  SnapshotBlocks: { storages: 1, blocks: 1 },
  StartRondbBackup: { output: packed, show: packed },
  AbortRondbBackup: { aborted: false },
  FollowRondbBackup: { nodes: [{ nodeId: 1, sentBytes: 1, bytes: 1 }] },
  UploadRondbBackup: { nodes: [{ nodeId: 1, files: 3, sentBytes: 1, ...receipt }] },
  UploadBlocks: { storages: [{ storageId: 'DS-1', blocks: 1, uploadedBlocks: 1, uploadedBytes: 1, ...receipt }] },
  RemoveLocalBackup: { removed: [1], givenUp: 0 },
  SweepNodes: { storages: 0, found: 0, going: 0, bytes: 0, entries: [] },
  FindOrphans: { storages: 0, files: 0, orphans: 0, bytes: 0, listsSha256: SHA256, orphansSha256: SHA256 },
  StopServices: units,
  DownloadRondbBackup: { nodes: [] },
  EmptyRondb: { dropped: 0 },
  RestoreRondbSchema: { tables: 0 },
  RestoreRondbData: { nodes: [] },
  RebuildRondbIndexes: {},
  RestoreUsers: { created: 0, keptSame: 0, keptOther: 0, replaced: 0, objects: 0, differing: [] },
  RestoreBlocks: { storages: [] },
  RollBackDeletedBlocks: { rolledBack: true },
  StartNameNode: units,
  StartHopsfs: units,
  AwaitSafeModeExit: { blocks: 0, missingBlocks: 0, datanodes: 0, seconds: 0 },
  ReindexOpenSearch: { documents: 0, datasets: 0 },
  RecreateKafkaTopics: { topics: 0, created: 0 },
  StartServices: units,
  ReindexFeatureStore: {},
  VerifyRondbBackup: { nodes: [], damaged: 0 },
  VerifyBlocks: { storages: [], damaged: 0 },
  RemoveVerification: {},
  VerifyRestore: { tables: 0, rows: 0, listSha256: SHA256 },
};
