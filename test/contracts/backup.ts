import { cp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isWholeBackupDirectory } from '../../model/rondb/backup-directory.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { printedRows } from '../nodes/printed-rows.ts';
import { recordedRows } from '../nodes/recorded-rows.ts';
import { BACKUP_ID, type Ended, type Practice, ROWS, tableNames } from './practice.ts';

const file = (part: number, name: string) => `BACKUP-${BACKUP_ID}-PART-${part}-OF-2/BACKUP-${BACKUP_ID}${name}`;

/** Where a .Data can end so that nothing shows it: behind the footer of a fragment. The stand-in writes none. */
function between(data: Buffer): number | undefined {
  const footers = data.toString('hex').matchAll(/0000000300000006.{24}00000000(?=00000002)/g);
  const [footer] = [...footers].filter(({ index }) => index % 8 === 0);
  return footer && (footer.index + footer[0].length) / 2;
}

/** What START BACKUP, ABORT BACKUP and `ndb_restore --print_meta` do; leaves one completed backup behind. */
export function backupContracts(practice: () => Practice): void {
  it('START BACKUP ends with its numbers, and the cluster log has them in one line', async () => {
    const { cluster, startBackup } = practice();

    const { code, stdout } = await startBackup(BACKUP_ID);

    const completion = parseCompleted(stdout);
    const log = await readFile(join(`${cluster.nodes[0]?.directory}`, 'mysql-cluster/log/cluster.log'), 'utf8');
    expect(code).toBe(0);
    expect(completion.stopGcp).toBeGreaterThan(completion.startGcp);
    expect(completion.records).toBeGreaterThan(1000);
    expect(stdout).toMatch(
      new RegExp(`^Node 1: Backup ${BACKUP_ID} started from node 49\nNode 1: Backup ${BACKUP_ID} started from node 49 completed\n`, 'm'),
    );
    expect(log).toMatch(
      new RegExp(`-- Node 1: Backup ${BACKUP_ID} started from node 49 completed\\. StartGCP: ${completion.startGcp} StopGCP: `),
    );
  });

  it('each node has the same files of different content, all of which begin alike', async () => {
    const { backupOf } = practice();

    for (const node of [1, 2]) {
      const paths = (await readdir(backupOf(node), { recursive: true })).filter((path) => path.includes('/'));
      expect(isWholeBackupDirectory(paths, BACKUP_ID, node)).toBe(true);
      for (const path of paths) {
        const header = (await readFile(join(backupOf(node), path))).subarray(0, 48);
        expect(header.toString('latin1', 0, 8)).toBe('NDBBCKUP');
        expect(header.readUInt32BE(20)).toBe(path.endsWith('ctl') ? 1 : path.endsWith('log') ? 2 : 3);
        expect(header.readUInt32BE(24)).toBe(Number(BACKUP_ID));
      }
    }
    const data = await Promise.all([1, 2].map((node) => readFile(join(backupOf(node), file(node, `-0.${node}.Data`)))));
    expect(data[0]?.equals(data[1] ?? Buffer.alloc(0))).toBe(false);
  });

  it('rows end with the footer of a fragment, and a log with an empty entry', async () => {
    const { backupOf } = practice();
    const ends = { '-0.1.Data': /0000000300000006[0-9a-f]{24}00000000$/, '.1.log': /00000000$/ };

    for (const [name, end] of Object.entries(ends)) {
      expect((await readFile(join(backupOf(1), file(1, name)))).toString('hex')).toMatch(end);
    }
  });

  it('the first .ctl of the master node counts the rows of every table, the others none', async () => {
    const { backupOf, countRows } = practice();
    const recorded = (node: number, part: number) => recordedRows(join(backupOf(node), file(part, `.${node}.ctl`)));

    const { 'glassfish_timers.EJB__TIMER__TBL': _, ...first } = recorded(1, 1);
    const others = [recorded(1, 2), recorded(2, 1), recorded(2, 2)];

    expect(Object.keys(first).sort()).toEqual([...tableNames].sort());
    expect(first['hops.hdfs_inodes']).toBe(ROWS);
    for (const [name, rows] of Object.entries(first)) {
      const [database = '', table = ''] = name.split('.');
      expect([name, rows]).toEqual([name, await countRows(database, table)]);
    }
    expect(others).toEqual([{}, {}, {}]);
  });

  it('the id of a backup that exists is refused, and the backup stays as it is', async () => {
    const { startBackup, printMeta, backupOf } = practice();

    const refused = await startBackup(BACKUP_ID);

    expect(refused).toMatchObject({
      code: 255,
      stdout: expect.stringMatching(/Backup failed\n\* {2}3001: .*\n\* {8}Backup failed: file already exists/),
    });
    expect((await printMeta(backupOf(1))).code).toBe(0);
  });

  it.each(['0', '4294967295', '7 ENCRYPTED'])('START BACKUP %s is refused', async (id) => {
    const refused = await practice().startBackup(id);

    expect(refused).toMatchObject({ code: 255, stdout: expect.stringContaining('Invalid command: BACKUP') });
  });

  it('print_meta proves a backup of each node, and names its GCPs', async () => {
    const { printMeta, backupOf } = practice();

    const [first, second] = await Promise.all([1, 2].map((node) => printMeta(backupOf(node), node)));

    const gcps = (text = '') => [...text.matchAll(/(?:Start|Stop) GCP of Backup: \d+$/gm)].map(String);
    expect([first?.code, second?.code]).toEqual([0, 0]);
    expect(gcps(first?.stdout)).toHaveLength(4);
    expect(gcps(second?.stdout)).toEqual(gcps(first?.stdout));
    expect(first?.stdout).toContain('[part 2] Data and log restore successful');
  });

  it('print_meta fails on a .ctl that is cut off, in whichever part', async () => {
    const { printMeta, backupOf, parent } = practice();
    const cut = join(parent, 'cut');
    await cp(backupOf(1), cut, { recursive: true });
    await truncate(join(cut, file(2, '.1.ctl')), 100);

    const failed = await printMeta(cut);

    await rm(cut, { recursive: true });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/ERROR: \[part 2\]/);
  });

  it('print_data prints all rows of every table over both nodes, as many as the .ctl counts', async () => {
    const { backupOf, home } = practice();
    const recorded = recordedRows(join(backupOf(1), file(1, '.1.ctl')));

    const printed = [1, 2].map((node) => printedRows(join(home, 'mysql/bin/ndb_restore'), backupOf(node), node, BACKUP_ID));

    expect(printed.map(({ status, isSuccess }) => [status, isSuccess])).toEqual(Array(2).fill([0, true]));
    const sums = Object.keys(recorded).map((table) => [table, printed.reduce((sum, { rows }) => sum + (rows[table] ?? 0), 0)]);
    expect(Object.fromEntries(sums)).toEqual(recorded);
  });

  it('print_data ends well on a .Data that ends between two fragments, and has fewer rows', async () => {
    const { backupOf, parent, home } = practice();
    const cut = join(parent, 'cut');
    await cp(backupOf(1), cut, { recursive: true });
    const data = join(cut, file(1, '-0.1.Data'));
    const boundary = between(await readFile(data));
    if (boundary === undefined) return;
    await truncate(data, boundary);

    const [whole, shorter] = [backupOf(1), cut].map((path) => printedRows(join(home, 'mysql/bin/ndb_restore'), path, 1, BACKUP_ID));

    await rm(cut, { recursive: true });
    const total = (printed?: typeof whole) => Object.values(printed?.rows ?? {}).reduce((sum, rows) => sum + rows, 0);
    expect(shorter).toMatchObject({ status: 0, isSuccess: true });
    expect(total(shorter)).toBeLessThan(total(whole));
  });

  it('print_meta finds that a part of the directory is not there', async () => {
    const { printMeta, backupOf, parent } = practice();
    const cut = join(parent, 'cut');
    await cp(backupOf(1), cut, { recursive: true });
    await rm(join(cut, `BACKUP-${BACKUP_ID}-PART-2-OF-2`), { recursive: true });

    const failed = await printMeta(cut);

    await rm(cut, { recursive: true });
    expect(failed.code).toBe(1);
  });

  it.each([
    [2, BACKUP_ID],
    [1, '263261031'],
  ])('print_meta finds no backup of node %d with id %s where there is none', async (node, id) => {
    const { printMeta, backupOf } = practice();

    const failed = await printMeta(backupOf(1), node, id);

    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining(`Failed to find backup ${id} in path`) });
  });

  it('no second backup starts while one runs', async () => {
    const { startBackup } = practice();

    const [both] = await firstThat(
      (id) => Promise.all([startBackup(id), startBackup(`1${id}`)]),
      (both) => both.some(({ code }) => code !== 0),
    );

    expect(both.map(({ code }) => code).sort()).toEqual([0, 255]);
    expect(both.find(({ code }) => code === 255)?.stdout).toContain('A backup is already running');
  });

  it('an aborted backup fails its client and leaves files that print_meta refuses', async () => {
    const { manage, startBackup, printMeta, backupOf } = practice();
    const abortedAtOnce = async (id: string) => {
      let client: Ended | undefined;
      const ended = startBackup(id).then((result) => {
        client = result;
        return result;
      });
      const seen: string[] = [];
      while (client === undefined) {
        seen.push((await manage('ALL REPORT BACKUPSTATUS')).stdout);
        await manage(`ABORT BACKUP ${id}`);
      }
      return { ...(await ended), seen: seen.join('') };
    };

    const [aborted, id] = await firstThat(abortedAtOnce, ({ code, seen }) => code !== 0 && seen.includes(' started from '));

    expect(aborted).toMatchObject({ code: 255, stdout: expect.stringContaining('Backup aborted by user request') });
    expect(aborted.seen).toMatch(new RegExp(`^Node 1: Local backup status: backup ${id} started from node 49$`, 'm'));
    expect((await manage('ALL REPORT BACKUPSTATUS')).stdout).toMatch(/^Node 1: Backup not started\nNode 2: Backup not started$/m);
    const verdicts = await Promise.all([1, 2].map((node) => printMeta(backupOf(node, id), node, id)));
    expect(verdicts.map(({ code }) => code)).toContain(1);
  });

  it('the abort of a backup that does not run is ordered all the same', async () => {
    const abort = await practice().manage('ABORT BACKUP 999');

    expect(abort).toMatchObject({ code: 0, stdout: expect.stringContaining('Abort of backup 999 ordered') });
  });
}

/** Tries with one backup id after another: a real backup of so few rows is over before one always meets it. */
async function firstThat<T>(attempt: (id: string) => Promise<T>, isMet: (result: T) => boolean): Promise<[T, string]> {
  for (let tries = 1; ; tries++) {
    const id = `${nextId++}`;
    const result = await attempt(id);
    if (isMet(result) || tries === 20) return [result, id];
  }
}

let nextId = 263261100;
