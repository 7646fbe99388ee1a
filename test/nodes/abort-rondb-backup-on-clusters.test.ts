import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import { createStandInCluster } from '../../local/cluster/stand-in.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { rondbHome } from '../rondb-home.ts';
import { killGroups, processesWith } from '../story/processes.ts';
import { unpack } from './given.ts';
import { createScripts } from './scripts.ts';

// A real backup of as many rows takes a second or more.
const ROWS = 60_000;
let nextId = 263261040;

describe.each([
  { kind: 'the stand-in', home: undefined, absent: false },
  { kind: 'a real RonDB', home: rondbHome, absent: rondbHome === undefined },
])('abort-rondb-backup on $kind', ({ home, absent }) => {
  describe.skipIf(absent)('after a kill -9 of start-rondb-backup', { timeout: 120_000 }, () => {
    let directory: string;
    let cluster: PracticeCluster;
    let scripts: ReturnType<typeof createScripts>;
    const [head, rondb] = [() => cluster.nodes[0] as PracticeNode, () => cluster.nodes.slice(1)];

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dr-'));
      const place = { directory: join(directory, 'c'), dataNodes: 2 };
      cluster = home
        ? await createRondbCluster({ rondbHome: home, rows: ROWS, ...place })
        : await createStandInCluster({ backupDuration: 10_000, ...place });
      await cluster.start();
      await cluster.load(home ? ROWS : 100);
      scripts = createScripts(cluster, directory);
    }, 300_000);

    afterAll(async () => {
      await cluster?.stop();
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
      let found = await interrupt(`${nextId++}`, killClient);
      // A real backup of so few rows may be over before it can be stopped.
      for (let tries = 1; tries < 5 && !found.stopped; tries++) found = await interrupt(`${nextId++}`, killClient);

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
});
