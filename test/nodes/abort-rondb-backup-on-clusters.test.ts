import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { createStandInCluster } from '../../local/cluster/stand-in.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { credentials, startS3 } from '../local/s3/running.ts';
import { killGroups, processesWith } from '../story/processes.ts';
import { parameters, unpack } from './given.ts';
import { createScripts } from './scripts.ts';

let nextId = 263261040;

/** On a real RonDB following-on-rondb.test.ts does the same. */
describe('abort-rondb-backup after a kill -9 of start-rondb-backup', { timeout: 120_000 }, () => {
  let directory: string;
  let cluster: PracticeCluster;
  let s3: Awaited<ReturnType<typeof startS3>>;
  let scripts: ReturnType<typeof createScripts>;
  const [head, rondb] = [() => cluster.nodes[0] as PracticeNode, () => cluster.nodes.slice(1)];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dr-'));
    s3 = await startS3(join(directory, 's3'));
    await s3.createBucket(parameters.bucket);
    cluster = await createStandInCluster({ directory: join(directory, 'c'), dataNodes: 2, backupDuration: 10_000 });
    await cluster.start();
    await cluster.load(100);
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

  const directoriesOf = (backupId: string) =>
    rondb().map(({ directory }) => join(directory, `mysql-cluster/ndb/backups/BACKUP/BACKUP-${backupId}`));

  async function isRunning(backupId: string): Promise<boolean> {
    const asking = ['--no-defaults', '-c', cluster.connectString, '-e', 'ALL REPORT BACKUPSTATUS'];
    const { stdout } = await promisify(execFile)(join(head().directory, 'mysql/bin/ndb_mgm'), asking);
    return stdout.includes(`backup ${backupId} started`);
  }

  /** Kills start-rondb-backup in the middle of a backup, and tells what the next steps find. */
  async function interrupt(backupId: string, killClient: boolean) {
    const killed = await scripts.start(head(), 'StartRondbBackup', { backupId });
    while (!(await isRunning(backupId))) await delay(20);
    killed.kill();
    const clients = processesWith(`START BACKUP ${backupId}`);
    if (killClient) killGroups(clients);

    const [first] = await scripts.run([head()], 'AbortRondbBackup', { backupId });
    const [second] = await scripts.run([head()], 'AbortRondbBackup', { backupId });
    const written = directoriesOf(backupId).map(existsSync);
    await scripts.run(rondb(), 'RemoveLocalBackup', { backupId });
    const log = await readFile(join(head().directory, 'mysql-cluster/log/cluster.log'), 'utf8');
    const stopped = log.includes(`Backup ${backupId} started from 49 has been aborted`);
    return { backupId, clients, first, second, written, stopped };
  }

  it.each([
    ['is killed as well', true],
    ['lives', false],
  ])('whose client %s, stops the backup, and the next step leaves nothing of it', async (_, killClient) => {
    const found = await interrupt(`${nextId++}`, killClient);

    expect(found).toMatchObject({ stopped: true, first: { aborted: true }, second: { aborted: false }, written: [true, true] });
    expect(found.clients).not.toEqual([]);
    expect(processesWith(`START BACKUP ${found.backupId}`)).toEqual([]);
    expect(directoriesOf(found.backupId).map(existsSync)).toEqual([false, false]);
  });

  it('lets the next backup run to its end', async () => {
    const backupId = `${nextId++}`;
    const started = scripts.run([head()], 'StartRondbBackup', { backupId });
    while (!(await isRunning(backupId))) await delay(20);

    const [other] = await scripts.run([head()], 'AbortRondbBackup', { backupId: `${nextId - 2}` });
    const [completed] = await started;

    expect(other).toEqual({ aborted: false });
    expect(parseCompleted(unpack(completed?.output ?? ''))).toMatchObject({ backupId });
  });
});
