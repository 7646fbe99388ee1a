import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinned } from '../../lambdas/lists.ts';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import type { Answer } from '../../model/answers.ts';
import { layout } from '../../model/layout.ts';
import { partBytes } from '../../model/parts.ts';
import { type Receipt, receiptSchema } from '../../model/receipt.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { rondbHome } from '../rondb-home.ts';
import { killGroups, processesWith } from '../story/processes.ts';
import { type Bucket, startBuckets } from './bucket.ts';
import { exitCodeOf, unpack } from './given.ts';
import { createScripts } from './scripts.ts';
import { createSql } from './sql.ts';

const restore = 'practice/restores/run-1';
/** Rows that no compression makes smaller; those of two of the four partitions are two parts of a file and a bit more. */
const [ROWS, CHUNK] = [34_000, 200];
const value = `CONCAT(${Array(8).fill('RANDOM_BYTES(1024)').join(', ')})`;
const filling = Array.from({ length: ROWS / CHUNK }, (_, chunk) => {
  const [first, last] = [chunk * CHUNK, (chunk + 1) * CHUNK - 1];
  return `INSERT INTO bulk.data WITH RECURSIVE numbers (i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM numbers WHERE i < ${last})
    SELECT ${chunk % 8}, i, ${value} FROM numbers;`;
});
const table = `CREATE DATABASE bulk;
  CREATE TABLE bulk.data (part INT, id INT, data VARBINARY(8192), PRIMARY KEY (part, id)) ENGINE ndbcluster PARTITION BY KEY (part);`;
/** A backup takes some 15 seconds, and the second data node compresses its own. */
const settings = (nodeId: number) => ({
  DataMemory: '600M',
  NoOfFragmentLogFiles: 8,
  CompressedBackup: nodeId - 1,
  MinDiskWriteSpeed: '1M',
  MaxDiskWriteSpeed: '40M',
});

/** Each case needs the ones before it. */
describe.skipIf(!rondbHome)('following a native backup of a real RonDB', { timeout: 120_000 }, () => {
  let directory: string;
  let buckets: Awaited<ReturnType<typeof startBuckets>>;
  let bucket: Bucket;
  let cluster: PracticeCluster;
  let scripts: ReturnType<typeof createScripts>;
  let nextId = 263261030;
  const head = () => cluster.nodes[0] as PracticeNode;
  const rondb = () => cluster.nodes.slice(1) as [PracticeNode, PracticeNode];
  const sql = (script: string) => createSql(head())(script);
  const sum = () => sql('SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT(id, data), 256), 15), 16, 10) AS UNSIGNED)) FROM bulk.data');

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dr-'));
    buckets = await startBuckets(join(directory, 's3'));
    bucket = await buckets.givenBucket();
    cluster = await createRondbCluster({ rondbHome: rondbHome ?? '', directory: join(directory, 'c'), dataNodes: 2, settings });
    await cluster.start();
    await sql([table, ...filling].join('\n'));
    scripts = createScripts(cluster, directory, { ...bucket.environment, AWS_DEFAULT_REGION: 'eu-north-1' });
  });

  afterAll(async () => {
    await cluster?.stop();
    await buckets?.stop();
    await rm(directory, { recursive: true });
  });

  /** The parameters of a backup. */
  const given = (backupId: string) => ({ backupId, bucket: bucket.name, prefix: `practice/backups/${backupId}`, bytesPerSecond: '0' });
  /** The parts of a node that S3 has so far. */
  const partsOf = (node: number, { prefix }: ReturnType<typeof given>) =>
    bucket.answered().filter(({ call, key }) => /^PUT [0-9]/.test(call) && key.startsWith(`${prefix}/rondb/node=${node}/`));

  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await delay(50);
  };
  const directoriesOf = (backupId: string) =>
    rondb().flatMap((node) =>
      [`BACKUP/BACKUP-${backupId}`, `hopsdr/${backupId}`].map((path) => join(node.directory, 'mysql-cluster/ndb/backups', path)),
    );

  /** Bytes of the one file of a node that is cut into parts. */
  async function largestOf(node: number, { backupId }: ReturnType<typeof given>): Promise<number> {
    const place = `${directoriesOf(backupId)[2 * (node - 1)]}`;
    const files = (await readdir(place, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return Math.max(...(await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size))));
  }

  /** Starts to follow, then a backup, as the machine does. */
  async function begin() {
    const backup = given(`${nextId++}`);
    const followers = await Promise.all(rondb().map((node) => scripts.start(node, 'FollowRondbBackup', backup)));
    const native = await scripts.start(head(), 'StartRondbBackup', backup);
    return { backup, followers, native };
  }

  /** What clean-up does after a failure or a stop; tells what is left of the backup where. */
  async function cleanUp({ backup, followers }: Awaited<ReturnType<typeof begin>>) {
    for (const { kill } of followers) kill();
    const begun = await bucket.uploads();
    const [abort] = await scripts.run([head()], 'AbortRondbBackup', backup);
    const [again] = await scripts.run([head()], 'AbortRondbBackup', backup);
    const removed = await scripts.run(rondb(), 'RemoveLocalBackup', backup);
    const left = [
      ...(await bucket.keys()).filter((key) => key.startsWith(backup.prefix)),
      ...directoriesOf(backup.backupId).filter(existsSync),
    ];
    const clients = processesWith(`START BACKUP ${backup.backupId}`);
    return { abort, again, begun, removed, uploads: await bucket.uploads(), left, clients };
  }

  describe('that completes', () => {
    let backup: ReturnType<typeof given>;
    let uploaded: Answer<'UploadRondbBackup'>[];
    let receipts: Receipt[];

    it('ships parts before RonDB has completed, compressed or not, and none twice after a kill -9', async () => {
      const begun = await begin();
      backup = begun.backup;
      const [killed, other] = begun.followers;
      await until(() => partsOf(1, backup).length > 0);
      // The journal is written after S3 has answered; the next part takes RonDB some seconds.
      await delay(1000);
      killed?.kill();
      const sentBefore = partsOf(1, backup).length;
      const [asked] = await scripts.run([head()], 'AbortRondbBackup', { ...backup, backupId: `${nextId + 1}` });
      const resumed = scripts.run(rondb().slice(0, 1), 'FollowRondbBackup', backup);

      const completed = begun.native.ended.then((ended) => ({ ended, parts: [1, 2].map((node) => partsOf(node, backup).length) }));
      const [{ ended, parts }, [first], second] = await Promise.all([completed, resumed, other?.ended]);

      expect(parseCompleted(unpack(JSON.parse(ended.stdout).output))).toMatchObject({ backupId: backup.backupId });
      expect(asked).toEqual({ aborted: false });
      for (const count of parts) expect(count).toBeGreaterThan(0);
      const [large, compressed] = await Promise.all([largestOf(1, backup), largestOf(2, backup)]);
      expect(first?.nodes).toEqual([{ nodeId: 1, sentBytes: large - sentBefore * partBytes(1), bytes: expect.any(Number) }]);
      expect(JSON.parse(`${second?.stdout}`).nodes).toEqual([{ nodeId: 2, sentBytes: compressed, bytes: expect.any(Number) }]);
      expect(await bucket.keys()).toEqual([]);
    });

    it('sends afterwards only the rest, and stores the very bytes', async () => {
      uploaded = await scripts.run(rondb(), 'UploadRondbBackup', backup);

      receipts = await Promise.all(
        [1, 2].map(async (node) =>
          receiptSchema.parse(JSON.parse(text(await bucket.get(`${backup.prefix}/rondb/node=${node}/receipt.json`)))),
        ),
      );
      const nodes = uploaded.flatMap((answer) => answer.nodes);
      expect(nodes.map(({ bytes, sentBytes }) => bytes - sentBytes)).toEqual([await largestOf(1, backup), await largestOf(2, backup)]);
      expect(nodes.map(({ files }) => files)).toEqual([6, 6]);
      for (const { nodeId, files } of receipts) {
        const sent = bucket.answered().filter(({ call, key }) => call.startsWith('PUT') && key.includes(`node=${nodeId}/BACKUP-`));
        expect(sent.reduce((bytes, answered) => bytes + answered.bytes, 0)).toBe(files.reduce((total, { bytes }) => total + bytes, 0));
        for (const { path, checksum } of files) {
          const stored = await bucket.get(`${backup.prefix}/rondb/node=${nodeId}/${path}`);
          const own = await readFile(join(`${directoriesOf(backup.backupId)[2 * (nodeId - 1)]}`, path));
          expect({ path, checksum: stored.checksum, same: own.equals(stored.bytes) }).toEqual({ path, checksum, same: true });
          expect(own.subarray(0, 4).toString('latin1')).toBe(nodeId === 1 ? 'NDBB' : '\xfe\x03\x01\x10');
        }
      }
      expect(await bucket.uploads()).toEqual([]);
    });

    it('is restored, the rows of both nodes at once', async () => {
      const before = await sum();
      const { backupId } = backup;
      await scripts.run(rondb(), 'RemoveLocalBackup', backup);
      await sql('DROP TABLE bulk.data');
      const lists = new Map<string, string>();
      for (const { nodeId, files } of receipts) {
        const lines = files.map(
          ({ path, bytes, checksum }) => `${checksum} ${bytes} ${backup.prefix}/rondb/node=${nodeId}/${path} ${path}\n`,
        );
        lists.set(layout.nodeList(nodeId), lines.join(''));
      }
      const { objects, sha256: listsSha256 } = pinned(restore, lists);
      for (const [key, list] of objects) await bucket.put(key, list);
      const target = { ...backup, prefix: restore, listsSha256, selection: 'include-databases=bulk' };

      await scripts.run(rondb(), 'DownloadRondbBackup', target);
      await scripts.run(rondb().slice(0, 1), 'RestoreRondbSchema', target);
      const restored = await scripts.run(rondb(), 'RestoreRondbData', target);
      await scripts.run(rondb().slice(0, 1), 'RebuildRondbIndexes', target);
      await scripts.run(rondb(), 'RemoveLocalBackup', target);

      expect(restored.flatMap(({ nodes }) => nodes.map(({ records }) => records))).toEqual([ROWS / 2, ROWS / 2]);
      expect(await sum()).toBe(before);
      expect(directoriesOf(backupId).filter(existsSync)).toEqual([]);
    });
  });

  describe('that does not complete', () => {
    const [nothing, someUploads] = [
      { again: { aborted: false }, uploads: [], left: [], clients: [] },
      expect.arrayContaining([expect.stringContaining('.Data')]),
    ];

    it.each([
      ['is killed as well', true],
      ['lives', false],
    ])('leaves nothing when start-rondb-backup was killed and its client %s', async (_, killClient) => {
      const begun = await begin();
      const before = await bucket.keys();
      await until(() => partsOf(1, begun.backup).length > 0);
      begun.native.kill();
      const clients = processesWith(`START BACKUP ${begun.backup.backupId}`);
      if (killClient) killGroups(clients);

      const cleaned = await cleanUp(begun);

      const log = await readFile(join(head().directory, 'mysql-cluster/log/cluster.log'), 'utf8');
      expect(log).toContain(`Backup ${begun.backup.backupId} started from 49 has been aborted`);
      expect(clients).not.toEqual([]);
      expect(cleaned).toMatchObject({ ...nothing, begun: someUploads, abort: { aborted: true } });
      expect(cleaned.removed.reduce((total, { givenUp }) => total + givenUp, 0)).toBe(cleaned.begun.length);
      expect(await bucket.keys()).toEqual(before);
    });

    it('fails by name and leaves nothing when a data node is lost', async () => {
      const begun = await begin();
      await until(() => partsOf(2, begun.backup).length > 0);
      killGroups(processesWith(`--ndb-nodeid=2 --ndb-connectstring=${cluster.connectString}`));

      const { code, stdout } = await begun.native.ended;
      const cleaned = await cleanUp(begun);

      expect({ code, stdout }).toMatchObject({ code: exitCodeOf('BackupAborted'), stdout: expect.stringContaining(begun.backup.backupId) });
      expect(cleaned).toMatchObject({ ...nothing, begun: someUploads });
    });
  });
});

const text = ({ bytes }: { bytes: Uint8Array }) => Buffer.from(bytes).toString();
