import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { compareFingerprints, type Fingerprint } from '../../local/cluster/fingerprint.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import type { Answer } from '../../model/answers.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { credentials, startS3 } from '../local/s3/running.ts';
import { rondbHome } from '../rondb-home.ts';
import { exitCodeOf, fetchedList, parameters, sha256, unpack } from './given.ts';
import { recordedRows } from './recorded-rows.ts';
import { createScripts } from './scripts.ts';
import { createSql } from './sql.ts';

const restore = 'practice/restores/run-1';

/** What is recorded with a backup and compared after its restore, on a RonDB with two mysqlds and compressed backups. */
describe.skipIf(!rondbHome)('what a backup records and its restore compares', { timeout: 180_000 }, () => {
  let directory: string;
  let cluster: PracticeCluster;
  let s3: Awaited<ReturnType<typeof startS3>>;
  let scripts: ReturnType<typeof createScripts>;
  let before: Fingerprint;
  let metadata: Answer<'DumpMetadata'>;
  let given: Record<string, string>;
  let rows: Record<string, number>;
  const heads = () => cluster.nodes.filter(({ roles }) => roles.includes('head')) as [PracticeNode, PracticeNode];
  const rondb = () => cluster.nodes.filter(({ roles }) => roles.includes('rondb')) as [PracticeNode, PracticeNode];
  const sql = (node: PracticeNode, script: string) => createSql(node)(script);
  const stored = async (key: string) =>
    (await (await s3.client.send(new GetObjectCommand({ Bucket: parameters.bucket, Key: key }))).Body?.transformToString()) ?? '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dr-'));
    s3 = await startS3(join(directory, 's3'));
    await s3.createBucket(parameters.bucket);
    const place = { rondbHome: rondbHome ?? '', directory: join(directory, 'c') };
    cluster = await createRondbCluster({ ...place, dataNodes: 2, heads: 2, compressed: true });
    await cluster.start();
    await cluster.load(1000);
    await sql(
      heads()[0],
      `CREATE DATABASE \`latin\` CHARACTER SET latin1 COLLATE latin1_general_cs;
       CREATE TABLE latin.words (id INT PRIMARY KEY, word VARCHAR(20)) ENGINE = NDBCLUSTER;`,
    );
    before = await cluster.fingerprint();
    scripts = createScripts(cluster, directory, {
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
  });

  afterAll(async () => {
    await cluster?.stop();
    await s3?.stop();
    await rm(directory, { recursive: true });
  });

  it('names memory, versions and the tables of the cluster', async () => {
    const [head] = heads();
    await mkdir(join(head.directory, 'certs-dir'));
    await writeFile(join(head.directory, 'certs-dir/password'), 'secret');
    const definition = join(directory, 'cluster.yml');
    await writeFile(definition, 'name: practice\n');

    const [found, other] = await scripts.run(heads(), 'InspectCluster', { definition, passwordFile: '/srv/hops/certs-dir/password' });
    const [data] = await scripts.run([rondb()[0]], 'InspectCluster');

    expect(found?.cluster?.versions).toEqual({
      mysql: found?.cluster?.sqlVersion,
      hopsworks: '3.7.4',
      definitionSha256: sha256('name: practice\n'),
      passwordFingerprint: sha256('secret'),
    });
    expect(other?.cluster?.versions.passwordFingerprint).toBeNull();
    expect(unpack(found?.cluster?.memory ?? '')).toMatch(/^Node 1: Data usage is \d+%\(\d+ 32K pages of total \d+\)$/m);
    expect(found?.cluster?.userTablesSha256).toBe(sha256(unpack(found?.cluster?.userTables ?? '')));
    expect(data?.freeBytes).toBeGreaterThan(0);
  });

  it('counts the rows of every table as RonDB did when the backup began', async () => {
    const [completed] = await scripts.run(heads().slice(0, 1), 'StartRondbBackup');

    const [first = {}, second] = rondb().map(({ directory }, index) =>
      recordedRows(
        join(
          directory,
          'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/BACKUP-263261030-PART-1-OF-2',
          `BACKUP-263261030.${index + 1}.ctl`,
        ),
      ),
    );
    rows = first;

    expect(second).toEqual({});
    expect(rows).toMatchObject({ 'hops.hdfs_inodes': 1000, "shop_featurestore.odd-name's table": 100, 'latin.words': 0 });
    // The rest are rows of MySQL's own tables, and parts of blobs.
    const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
    expect(parseCompleted(unpack(completed?.output ?? '')).records).toBeGreaterThan(total);
  });

  it('brings accounts, grants and objects to both mysqlds, keeps the password of an account that is there, and says so', async () => {
    [metadata] = (await scripts.run(heads().slice(0, 1), 'DumpMetadata')) as [Answer<'DumpMetadata'>];
    const saved = join(directory, 'saved');
    for (const { name, directory } of rondb())
      await cp(join(directory, 'mysql-cluster/ndb/backups/BACKUP'), join(saved, name), { recursive: true });
    await cluster.destroy();
    for (const [index, { name, directory }] of rondb().entries()) {
      const place = join(directory, 'mysql-cluster/ndb/backups/hopsdr/263261030');
      await cp(join(saved, name), join(place, `node=${index + 1}`), { recursive: true });
      const entries = await readdir(place, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      await writeFile(join(place, 'fetched'), fetchedList(files));
    }
    const assignments = rondb()
      .map(({ instanceId }, index) => `${instanceId}=${index + 1}`)
      .join(';');
    await sql(
      heads()[0],
      `SET GLOBAL ndb_metadata_check_interval = 1;
       CREATE USER hops@'10.0.%' IDENTIFIED BY 'other'; GRANT INSERT ON hops.* TO hops@'10.0.%'; GRANT PROCESS ON *.* TO hops@'10.0.%';`,
    );
    const [node] = rondb();
    await scripts.run([node], 'RestoreRondbSchema');
    await scripts.run(rondb(), 'RestoreRondbData', { assignments });
    await scripts.run([node], 'RebuildRondbIndexes');
    const [usersSha256 = '', objectsSha256 = ''] = metadata.files.map(({ sha256 }) => sha256);
    given = { usersSha256, objectsSha256 };

    const [first] = await scripts.run([heads()[0]], 'RestoreUsers', given);
    const [second] = await scripts.run([heads()[1]], 'RestoreUsers', given);

    expect(first).toMatchObject({ created: metadata.users - 1, keptSame: 0, keptOther: 1, replaced: 0, differing: [] });
    // Those with NDB_STORED_USER have come by themselves.
    expect(second).toMatchObject({ created: metadata.users - 2, keptSame: 2, keptOther: 0, differing: [] });
    const differences = compareFingerprints(before, await cluster.fingerprint()).map(({ entry }) => entry);
    expect(differences).toEqual(["grants 'hops'@'10.0.%'", "user 'hops'@'10.0.%'"]);
  });

  it('gives accounts the password of the backup where that is wanted, and changes nothing the second time', async () => {
    const [replaced] = await scripts.run([heads()[0]], 'RestoreUsers', { ...given, accounts: 'replace' });
    const [again] = await scripts.run([heads()[0]], 'RestoreUsers', { ...given, accounts: 'replace' });

    expect(replaced).toMatchObject({ created: 0, keptSame: metadata.users - 1, keptOther: 0, replaced: 1, differing: [] });
    expect(again).toMatchObject({ created: 0, keptSame: metadata.users, replaced: 0, differing: [] });
    const differences = compareFingerprints(before, await cluster.fingerprint()).map(({ entry }) => entry);
    expect(differences).toEqual(["grants 'hops'@'10.0.%'"]);
  });

  it('counts in the restored tables what the backup has recorded', async () => {
    const [verified] = await scripts.run([heads()[0]], 'VerifyRestore', { prefix: restore });

    const list = await stored(`${restore}/rows.list`);
    const counted = Object.fromEntries(
      list
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')),
    );
    const leftOut = ['glassfish_timers.EJB__TIMER__TBL', 'hopsworks.hosts', 'hopsworks.host_services'];
    const differing = Object.entries(rows).filter(([table, count]) => counted[table] !== `${count}`);
    expect(differing.map(([table]) => table).sort()).toEqual(leftOut.sort());
    expect(verified).toEqual({
      tables: Object.keys(rows).length - 1,
      rows: Object.values(counted).reduce((sum: number, count) => sum + Number(count), 0),
      listSha256: sha256(list),
    });
  });

  it('passes over grants on a database that is left out, and restores a part without accounts', async () => {
    const [head] = heads();
    await sql(head, 'DROP DATABASE hops');

    const [rest] = await scripts.run([head], 'RestoreUsers', { ...given, selection: 'exclude-databases=hops' });
    const [part] = await scripts.run([head], 'RestoreUsers', {
      ...given,
      selection: 'include-databases=shop_featurestore',
      accounts: 'none',
    });

    expect(rest).toMatchObject({ keptSame: metadata.users, differing: [] });
    expect(part).toEqual({ created: 0, keptSame: 0, keptOther: 0, replaced: 0, objects: 7, differing: [] });
  });

  it('takes odd names as names, and runs nothing of one that no line can hold', async () => {
    const [head] = heads();
    const backquoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;
    const odd = ['--result-file=owned', ' led', 'q\'u"o`te\\', 'ünïcode — 名', '$(touch owned)', 'x'.repeat(64)];
    await sql(head, odd.map((name) => `CREATE DATABASE ${backquoted(name)};`).join('\n'));
    await sql(head, "CREATE TABLE ` led`.`--database=hops '`` \\` (id INT PRIMARY KEY) ENGINE = NDBCLUSTER");
    const other = { backupId: '263261031', prefix: 'practice/backups/263261031' };

    await scripts.run([head], 'DumpMetadata', other);
    await scripts.run([head], 'VerifyRestore', { prefix: 'practice/restores/run-2' });

    const objects = await stored(`${other.prefix}/metadata/objects.sql`);
    expect(odd.filter((name) => !objects.includes(`CREATE DATABASE /*!32312 IF NOT EXISTS*/ ${backquoted(name)}`))).toEqual([]);
    expect(await stored('practice/restores/run-2/rows.list')).toContain(" led.--database=hops '` \\\\\t0\n");

    await sql(
      head,
      'CREATE TABLE ` led`.`a\tmysql.user\nb\tc\t(SELECT 1) x;CREATE DATABASE owned;#` (id INT PRIMARY KEY) ENGINE = NDBCLUSTER',
    );
    for (const action of ['InspectCluster', 'DumpMetadata', 'VerifyRestore'] as const) {
      const { ended } = await scripts.start(head, action, { backupId: '263261032', prefix: 'practice/backups/263261032' });
      const { code, stderr } = await ended;

      expect({ action, code, stderr }).toMatchObject({
        code: exitCodeOf('NameUnsupported'),
        stderr: expect.stringContaining('line break'),
      });
    }
    await expect(sql(head, 'USE owned')).rejects.toThrow();
  });
});
