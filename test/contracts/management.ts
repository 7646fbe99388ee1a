import { expect, it } from 'vitest';
import { parseShow } from '../../model/rondb/show.ts';
import type { Practice } from './practice.ts';

const unreachable = '127.0.0.1:1';

/** What ndb_mgm, ndb_config and ndb_show_tables say of a cluster that nothing happens to. */
export function managementContracts(practice: () => Practice): void {
  it('SHOW names every data node with its state, version and node group', async () => {
    const shown = await practice().manage('SHOW');

    expect(shown.code).toBe(0);
    expect(parseShow(shown.stdout)).toEqual(
      [1, 2].map((nodeId) => ({
        nodeId,
        host: '127.0.0.1',
        state: 'started',
        version: expect.stringMatching(/ndb-[0-9.]+$/),
        nodeGroup: 0,
      })),
    );
  });

  it('ALL REPORT MEMORYUSAGE tells the pages of each data node', async () => {
    const report = await practice().manage('ALL REPORT MEMORYUSAGE');

    expect(report.code).toBe(0);
    for (const node of [1, 2]) {
      expect(report.stdout).toMatch(new RegExp(`^Node ${node}: Data usage is \\d+%\\(\\d+ 32K pages of total \\d+\\)$`, 'm'));
    }
  });

  it('ndb_mgm names its version', async () => {
    const version = await practice().run('ndb_mgm', ['--version']);

    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^MySQL distrib mysql-[0-9.]+ ndb-[0-9.]+, for Linux/) });
  });

  it('an unknown command ends ndb_mgm with 255', async () => {
    const refused = await practice().manage('FROBNICATE');

    expect(refused).toMatchObject({ code: 255, stdout: expect.stringContaining('Invalid command: FROBNICATE') });
  });

  it('ndb_config prints a row of the asked parameters for each node of a type', async () => {
    const { cluster, run } = practice();
    const ask = (type: string, query: string) =>
      run('ndb_config', [
        '-c',
        cluster.connectString,
        '--connect-retries=3',
        `--type=${type}`,
        `--query=${query}`,
        '--fields= ',
        '--rows=\\n',
      ]);
    const [head, ...rondb] = cluster.nodes.map(({ directory }) => `${directory}/mysql-cluster`);

    const dataNodes = await ask('ndbd', 'NodeId,HostName,DataDir,BackupDataDir');
    const servers = await ask('ndb_mgmd', 'NodeId,DataDir');

    const rows = rondb.map((directory, index) => `${index + 1} 127.0.0.1 ${directory}/ndb_data ${directory}/ndb/backups\n`);
    expect(dataNodes).toMatchObject({ code: 0, stdout: rows.join('') });
    expect(servers).toMatchObject({ code: 0, stdout: `49 ${head}/ndb_data\n` });
  });

  it('ndb_show_tables quotes one table a line, blobs and MySQL’s own tables among them', async () => {
    const { cluster, run } = practice();

    const { code, stdout } = await run('ndb_show_tables', ['-c', cluster.connectString, '--connect-retries=3', '-p', '-t', '2']);

    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(1));
    expect(code).toBe(0);
    for (const [database, table] of [
      ['shop_featurestore', "odd-name's table"],
      ['hopsworks', 'project'],
      ['mysql', 'ndb_apply_status'],
    ]) {
      expect(lines).toContainEqual(["'UserTable'", "'Online'", "'Yes'", `'${database}'`, "'def'", `'${table}'`]);
    }
    expect(lines.some(([, , , database, , table]) => database === "'hops'" && /^'NDB\$BLOB_\d+_\d+'$/.test(`${table}`))).toBe(true);
  });

  it('ndb_select_count counts the rows of each table, and names one that is not there', async () => {
    const { cluster, run } = practice();

    const counted = await run('ndb_select_count', ['-c', cluster.connectString, '-d', 'hops', '--', 'none', 'hdfs_inodes']);

    expect(counted).toMatchObject({ code: 0, stdout: ' Table none does not exist!\n1000 records in table hdfs_inodes\n' });
  });

  it.each([
    ['ndb_mgm', 255, ['-t', '1', '-e', 'SHOW']],
    ['ndb_config', 255, ['--connect-retries=1', '--type=ndbd', '--query=NodeId']],
    ['ndb_show_tables', 1, ['--connect-retries=1', '-p', '-t', '2']],
    ['ndb_select_count', 1, ['--connect-retries=1', '-d', 'hops', 'hdfs_users']],
    ['ndb_drop_table', 1, ['--connect-retries=1', '-d', 'hops', 'hdfs_users']],
  ])('%s ends with %d when no management server answers', async (tool, code, args) => {
    const lost = await practice().run(tool, ['-c', unreachable, ...args]);

    expect(lost.code).toBe(code);
    expect(lost.stdout + lost.stderr).toMatch(new RegExp(`Unable to connect with connect string: nodeid=\\d+,${unreachable}`));
  });

  it.each([
    ['ndb_mgm', 2],
    ['ndb_config', 255],
    ['ndb_show_tables', 2],
    ['ndb_select_count', 2],
    ['ndb_drop_table', 2],
    ['ndb_restore', 2],
    ['mysql', 2],
    ['mysqldump', 2],
  ])('%s refuses an unknown option with %d', async (tool, code) => {
    const refused = await practice().run(tool, ['--frobnicate']);

    expect(refused).toMatchObject({ code, stderr: expect.stringContaining(`${tool}: [ERROR] unknown option '--frobnicate'`) });
  });
}
