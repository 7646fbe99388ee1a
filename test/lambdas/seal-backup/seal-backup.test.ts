import { describe, expect, it } from 'vitest';
import type { Publish } from '../../../lambdas/metrics.ts';
import { sealBackup } from '../../../lambdas/seal-backup/seal-backup.ts';
import { layout } from '../../../model/layout.ts';
import { parseManifest } from '../../../model/manifest.ts';
import type { BackupPlan } from '../../../model/plan.ts';
import type { Receipt, StorageReceipt } from '../../../model/receipt.ts';
import {
  BACKUP_ID,
  backupPaths,
  backupPlan,
  CLUSTER,
  completedText,
  completion,
  dataNode,
  datanodeInstance,
  HEAD,
  instanceOf,
  manifest,
  metadataFile,
  objectsOfBackup,
  onDisks,
  pack,
  receipt,
  sha256,
  storage,
  storageId,
  storageReceipt,
  storedFile,
  versions,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { showText } from '../../fixtures/inspection.ts';

const MANIFEST = layout.manifest(CLUSTER, BACKUP_ID);
const SEALED_AT = '2026-11-22T10:45:00.000Z';
const now = () => new Date(SEALED_AT);
const silent = () => {};

const upload = (own: Receipt, instanceId = own.instanceId, sentBytes = 1) => ({
  instanceId,
  answer: {
    nodes: [{ nodeId: own.nodeId, receiptSha256: sha256(JSON.stringify(own)), files: own.files.length, bytes: 1, sentBytes }],
  },
});
const uploadOfBlocks = (own: StorageReceipt, instanceId = own.instanceId) => ({
  instanceId,
  answer: {
    storages: [
      {
        storageId: own.storageId,
        receiptSha256: sha256(JSON.stringify(own)),
        blocks: own.blocks,
        bytes: own.bytes,
        uploadedBlocks: own.uploadedBlocks,
        uploadedBytes: own.uploadedBytes,
      },
    ],
  },
});
const report = (text: string, started = [dataNode(1), dataNode(2)]) => [
  { instanceId: HEAD, answer: { output: pack(text), show: pack(showText(started)) } },
];
const dumped = (...paths: string[]) => [{ instanceId: HEAD, answer: { files: paths.map(metadataFile), users: 3, versions: versions() } }];

/** A bucket and an input of SealBackup that fit together, as all steps before leave them. */
function givenUploaded({
  plan = backupPlan(),
  receipts = [receipt(1), receipt(2)],
  storages = plan.storages.map((of) => storageReceipt(of)),
}: {
  plan?: BackupPlan;
  receipts?: Receipt[];
  storages?: StorageReceipt[];
} = {}) {
  return {
    bucket: memoryBucket(objectsOfBackup(manifest({ plan, receipts, storages }))),
    input: {
      plan,
      metadata: dumped('users.sql', 'objects.sql', 'versions.json'),
      completion: report(completedText(completion()), plan.dataNodes),
      uploads: receipts.map((own) => upload(own)),
      storages: storages.map((own) => uploadOfBlocks(own)),
    },
  };
}
type Given = ReturnType<typeof givenUploaded>;

describe('sealing a backup', () => {
  it('writes a manifest that restore can read, with plan, receipts and what RonDB reported', async () => {
    const { bucket, input } = givenUploaded();

    await sealBackup(input, bucket, silent, now);

    expect(parseManifest(bucket.objects.get(MANIFEST) ?? '')).toEqual(manifest({ sealedAt: SEALED_AT }));
  });

  it('says what the backup amounts to', async () => {
    const { bucket, input } = givenUploaded();
    const files = manifest()
      .receipts.flatMap((own) => own.files)
      .concat(manifest().metadata);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);

    const sealed = await sealBackup(input, bucket, silent, now);

    expect(sealed).toEqual({ backupId: BACKUP_ID, manifest: MANIFEST, nodes: 2, files: 15, bytes, lateBytes: 2, records: 140_002 });
  });

  it('seals two data nodes of one instance, each with its own number of parts', async () => {
    const plan = backupPlan({ dataNodes: [dataNode(1), dataNode(2, { instanceId: instanceOf(1) })] });
    const flat = backupPaths(2, 0).map((path) => storedFile(path));
    const { bucket, input } = givenUploaded({ plan, receipts: [receipt(1), receipt(2, { instanceId: instanceOf(1), files: flat })] });

    const sealed = await sealBackup(input, bucket, silent, now);

    expect(sealed).toMatchObject({ nodes: 2, files: 12 });
  });

  it('seals the receipts of HopsFS storages, and checks what they name in the bucket', async () => {
    const plan = backupPlan(onDisks());
    const { bucket, input } = givenUploaded({ plan });

    const sealed = await sealBackup(input, bucket, silent, now);

    expect(parseManifest(bucket.objects.get(MANIFEST) ?? '')).toEqual(manifest({ plan, sealedAt: SEALED_AT }));
    expect(sealed.files).toBe(15 + 4);
  });

  it('may be asked again by the same execution, and leaves the manifest as it is', async () => {
    const { bucket, input } = givenUploaded();
    const first = await sealBackup(input, bucket, silent, now);
    const text = bucket.objects.get(MANIFEST);

    const second = await sealBackup(input, bucket, silent, () => new Date('2027-01-01T00:00:00Z'));

    expect(second).toEqual(first);
    expect(bucket.objects.get(MANIFEST)).toBe(text);
  });

  it('refuses what another execution has sealed, and leaves the manifest as it is', async () => {
    const { bucket, input } = givenUploaded();
    const text = JSON.stringify(manifest({ plan: backupPlan({ executionId: 'execution-0' }) }));
    bucket.objects.set(MANIFEST, text);

    await expect(sealBackup(input, bucket, silent, now)).rejects.toMatchObject({ name: 'BackupExists' });

    expect(bucket.objects.get(MANIFEST)).toBe(text);
  });
});

describe('the metrics of a sealed backup', () => {
  const recorded = () => {
    const published: Parameters<Publish>[] = [];
    const publish: Publish = (...metrics) => void published.push(metrics);
    return { published, publish };
  };

  it('are its duration, bytes, late bytes and rows, and the bytes of each data node', async () => {
    const larger = receipt(2, { files: backupPaths(2, 2).map((path) => storedFile(path, 5000)) });
    const { bucket, input } = givenUploaded({ receipts: [receipt(1), larger] });
    input.uploads = [upload(receipt(1), instanceOf(1), 70), upload(larger, instanceOf(2), 4)];
    const { published, publish } = recorded();

    const { bytes } = await sealBackup(input, bucket, publish, now);

    const ofFirst = receipt(1).files.reduce((sum, file) => sum + file.bytes, 0);
    expect(published).toEqual([
      [
        {
          BackupDurationSeconds: ['Seconds', 900],
          BackupBytes: ['Bytes', bytes],
          BackupLateBytes: ['Bytes', 74],
          BackupRows: ['Count', 140_002],
        },
      ],
      [{ NodeBytes: ['Bytes', ofFirst] }, { Node: '1' }],
      [{ NodeBytes: ['Bytes', 6 * 5000] }, { Node: '2' }],
    ]);
  });

  it('are the same when it is sealed again, much later', async () => {
    const { bucket, input } = givenUploaded();
    const [first, second] = [recorded(), recorded()];
    await sealBackup(input, bucket, first.publish, now);

    await sealBackup(input, bucket, second.publish, () => new Date('2027-01-01T00:00:00Z'));

    expect(second.published).toEqual(first.published);
  });

  it('are none when it is not sealed', async () => {
    const { bucket, input } = givenUploaded();
    const { published, publish } = recorded();
    bucket.objects.delete(layout.receipt(CLUSTER, BACKUP_ID, 2));

    await expect(sealBackup(input, bucket, publish, now)).rejects.toMatchObject({ name: 'ObjectMissing' });

    expect(published).toEqual([]);
  });
});

const keyOf = (nodeId: number, path: string) => `${layout.rondbNode(CLUSTER, BACKUP_ID, nodeId)}/${path}`;
const [somePath = ''] = backupPaths(2, 2);
const withReceipts = (...receipts: Receipt[]) => givenUploaded({ receipts });
const change = (alter: (given: Given) => void) => () => {
  const given = givenUploaded();
  alter(given);
  return given;
};

const unfit: [name: string, what: string, given: () => Given][] = [
  ['BackupIncomplete', "that lacks one node's files", change(({ input }) => input.uploads.pop())],
  [
    'BackupIncomplete',
    'whose node was shipped by another instance',
    change(({ input }) => input.uploads.splice(1, 1, upload(receipt(2), HEAD))),
  ],
  ['BackupIncomplete', 'whose node was shipped twice', change(({ input }) => input.uploads.push(upload(receipt(2), HEAD)))],
  ['BackupIncomplete', 'with a data node that the plan does not know', () => withReceipts(receipt(1), receipt(2), receipt(3))],
  [
    'BackupIncomplete',
    "with one node's receipt in the place of another's",
    () => {
      const plan = backupPlan({ dataNodes: [dataNode(1), dataNode(2, { instanceId: instanceOf(1) })] });
      const own = receipt(1);
      const { bucket, input } = givenUploaded({ plan, receipts: [own, receipt(2, { instanceId: instanceOf(1) })] });
      bucket.objects.set(layout.receipt(CLUSTER, BACKUP_ID, 2), JSON.stringify(own));
      input.uploads = [1, 2].map((nodeId) => {
        const { instanceId, answer } = upload(own);
        return { instanceId, answer: { nodes: answer.nodes.map((node) => ({ ...node, nodeId })) } };
      });
      return { bucket, input };
    },
  ],
  [
    'ObjectMissing',
    'without a receipt in the bucket',
    change(({ bucket }) => bucket.objects.delete(layout.receipt(CLUSTER, BACKUP_ID, 2))),
  ],
  [
    'ObjectAltered',
    'whose receipt was altered',
    change(({ bucket }) => bucket.objects.set(layout.receipt(CLUSTER, BACKUP_ID, 2), JSON.stringify(receipt(2, { stopGcp: 89 })))),
  ],
  ['BackupIncomplete', 'whose receipt is damaged', () => withReceipts(receipt(1), { ...receipt(2), kind: 'other' as 'rondb' })],
  [
    'BackupIncomplete',
    'whose receipt is of another instance',
    change(({ bucket, input }) => {
      const foreign = receipt(2, { instanceId: instanceOf(3) });
      bucket.objects.set(layout.receipt(CLUSTER, BACKUP_ID, 2), JSON.stringify(foreign));
      input.uploads.splice(1, 1, upload(foreign, instanceOf(2)));
    }),
  ],
  [
    'BackupIncomplete',
    'whose receipt is of another backup',
    () => withReceipts(receipt(1), receipt(2, { backupId: '263261029', files: receipt(2).files })),
  ],
  ['BackupIncomplete', 'whose node began at another GCP', () => withReceipts(receipt(1), receipt(2, { startGcp: 84 }))],
  ['BackupIncomplete', 'whose node stopped at another GCP', () => withReceipts(receipt(1), receipt(2, { stopGcp: 89 }))],
  [
    'BackupIncomplete',
    'whose nodes agree on GCPs that RonDB did not report',
    () => withReceipts(receipt(1, { stopGcp: 89 }), receipt(2, { stopGcp: 89 })),
  ],
  ['BackupIncomplete', 'that lacks a part', () => withReceipts(receipt(1), receipt(2, { files: receipt(2).files.slice(0, 3) }))],
  ['BackupIncomplete', "that holds another node's files", () => withReceipts(receipt(1), receipt(2, { files: receipt(1).files }))],
  ['ObjectMissing', 'without an object of a node', change(({ bucket }) => bucket.objects.delete(keyOf(2, somePath)))],
  ['ObjectMissing', 'without its users', change(({ bucket }) => bucket.objects.delete(`${layout.metadata(CLUSTER, BACKUP_ID)}/users.sql`))],
  ['ObjectAltered', 'with one byte altered', change(({ bucket }) => bucket.objects.set(keyOf(2, somePath), somePath.replace('B', 'C')))],
  ['ObjectAltered', 'with one byte missing', change(({ bucket }) => bucket.objects.set(keyOf(2, somePath), somePath.slice(1)))],
  [
    'ObjectAltered',
    'with an object of another size, whatever its checksum',
    change(({ bucket }) => {
      const { head } = bucket;
      bucket.head = async (key) => ({ checksum: undefined, ...(await head(key)), bytes: 1 });
    }),
  ],
  [
    'ObjectAltered',
    'with an object that has no checksum',
    change(({ bucket }) => {
      const { head } = bucket;
      bucket.head = async (key) => ({ bytes: 0, ...(await head(key)), checksum: undefined });
    }),
  ],
  [
    'BackupIncomplete',
    'that RonDB reports under another id',
    change(({ input }) => {
      input.completion = report(completedText(completion({ backupId: '263261029' })));
    }),
  ],
  [
    'BackupIncomplete',
    'that RonDB only started',
    change(({ input }) => {
      input.completion = report(`Node 1: Backup ${BACKUP_ID} started from node 49\n`);
    }),
  ],
  [
    'NodeOutputInvalid',
    'whose report is not packed',
    change(({ input }) => {
      input.completion = report('').map(({ instanceId, answer }) => ({
        instanceId,
        answer: { ...answer, output: Buffer.from('completed').toString('base64') },
      }));
    }),
  ],
  [
    'BackupIncomplete',
    'that a data node joined after the plan was made',
    change(({ input }) => {
      input.completion = report(completedText(completion()), [dataNode(1), dataNode(2), dataNode(3)]);
    }),
  ],
  [
    'DataNodeNotStarted',
    'that a data node left',
    change(({ input }) => {
      const show = pack(
        showText([dataNode(1), dataNode(2)]).replace(/^id=2\t.*$/m, 'id=2 (not connected, accepting connect from 10.0.0.2)'),
      );
      input.completion = input.completion.map(({ instanceId, answer }) => ({ instanceId, answer: { ...answer, show } }));
    }),
  ],
  [
    'BackupIncomplete',
    'that two nodes report',
    change(({ input }) => {
      input.completion = [...input.completion, ...input.completion];
    }),
  ],
  [
    'BackupIncomplete',
    'without any report',
    change(({ input }) => {
      input.completion = [];
    }),
  ],
  [
    'BackupIncomplete',
    'with two files of users and none of objects',
    change(({ input }) => {
      input.metadata = dumped('users.sql', 'users.sql');
    }),
  ],
  [
    'BackupIncomplete',
    'whose metadata two heads dumped',
    change(({ input }) => {
      input.metadata = [...input.metadata, ...input.metadata];
    }),
  ],
];

const changeBlocks = (alter: (given: Given) => void) => () => {
  const given = givenUploaded({ plan: backupPlan(onDisks()) });
  alter(given);
  return given;
};
const inStorage = (name: string) => `${layout.storage(CLUSTER, BACKUP_ID, storageId(2))}/${name}`;
/** Another receipt in the place of the second storage's, announced by its own instance. */
const announce = (other: StorageReceipt) =>
  changeBlocks(({ bucket, input }) => {
    bucket.objects.set(inStorage('receipt.json'), JSON.stringify(other));
    const { answer } = uploadOfBlocks({ ...storageReceipt(storage(2)) });
    const storages = answer.storages.map((own) => ({ ...own, receiptSha256: sha256(JSON.stringify(other)) }));
    input.storages.splice(1, 1, { instanceId: datanodeInstance(2), answer: { storages } });
  });
const unfitBlocks: typeof unfit = [
  ['BackupIncomplete', 'without the receipt of a HopsFS storage', changeBlocks(({ input }) => input.storages.pop())],
  ['BackupIncomplete', 'without any', changeBlocks(({ input }) => input.storages.splice(0))],
  [
    'BackupIncomplete',
    'whose storage was shipped by another instance',
    changeBlocks(({ input }) => input.storages.splice(1, 1, uploadOfBlocks(storageReceipt(storage(2)), datanodeInstance(1)))),
  ],
  [
    'BackupIncomplete',
    'with a storage that the plan does not know',
    changeBlocks(({ input }) => input.storages.push(uploadOfBlocks(storageReceipt(storage(3))))),
  ],
  ['BackupIncomplete', 'whose storage has the receipt of another backup', announce(storageReceipt(storage(2), { backupId: '263261029' }))],
  [
    'BackupIncomplete',
    'whose storage has the receipt of another storage',
    announce(storageReceipt(storage(1), { instanceId: datanodeInstance(2) })),
  ],
  ['BackupIncomplete', 'whose storage is of another datanode now', announce(storageReceipt(storage(2), { datanodeUuid: 'other' }))],
  ['BackupIncomplete', 'whose storage has the receipt of another instance', announce(storageReceipt(storage(2), { instanceId: HEAD }))],
  ['ObjectMissing', 'without the receipt in the bucket', changeBlocks(({ bucket }) => bucket.objects.delete(inStorage('receipt.json')))],
  [
    'ObjectAltered',
    'whose receipt of a storage was altered',
    changeBlocks(({ bucket }) => bucket.objects.set(inStorage('receipt.json'), '{}')),
  ],
  ['ObjectMissing', 'without the list of blocks', changeBlocks(({ bucket }) => bucket.objects.delete(inStorage('blocks.list.zst')))],
  ['ObjectMissing', 'without the VERSION files', changeBlocks(({ bucket }) => bucket.objects.delete(inStorage('files.tar.zst')))],
  ['ObjectAltered', 'with an altered list of blocks', changeBlocks(({ bucket }) => bucket.objects.set(inStorage('blocks.list.zst'), 'x'))],
];

describe('a backup that is not whole', () => {
  it.each([...unfit, ...unfitBlocks])('fails as %s and is never sealed: one %s', async (name, _what, given) => {
    const { bucket, input } = given();

    await expect(sealBackup(input, bucket, silent, now)).rejects.toMatchObject({ name });

    expect(bucket.objects.has(MANIFEST)).toBe(false);
  });

  it('is refused with a message that names the altered object', async () => {
    const { bucket, input } = givenUploaded();
    bucket.objects.set(keyOf(2, somePath), 'x');

    await expect(sealBackup(input, bucket, silent, now)).rejects.toThrow(`${keyOf(2, somePath)} has 1 bytes and checksum`);
  });

  it('is refused with a message that names ten missing objects and counts the others', async () => {
    const { bucket, input } = givenUploaded();
    for (const { path } of [...receipt(1).files, ...receipt(2).files]) {
      bucket.objects.delete(keyOf(1, path));
      bucket.objects.delete(keyOf(2, path));
    }

    const message = await sealBackup(input, bucket, silent, now).catch(String);

    expect(message).toMatch(/Not in the bucket: (\S+, ){9}\S+ and 2 more\. /);
  });
});
