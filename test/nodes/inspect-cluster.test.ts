import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, unpack } from './given.ts';

const show = ['[ndbd(NDB)]\t1 node(s)', 'id=1\t@127.0.0.1  (RonDB-22.10.4, Nodegroup: 0, *)', ''].join('\n');
const row = (database: string, name: string) => `20\t'UserTable'\t'Online'\t'Yes'\t'${database}'\t'def'\t'${name}'`;

describe('inspect-cluster', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function givenHead() {
    const node = givenNode();
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(node.path('mysql-cluster/mysql.sock'), resolve));
    node.stub('mysql', 'echo 8.0.35-cluster');
    node.stub('ndb_mgm', `printf '%s' '${show}'`);
    return node;
  }

  it('names the data nodes that live here, and no cluster without a mysqld', async () => {
    const node = givenNode();
    node.stub(
      'ndb_config',
      `printf '%s\\n' "1 127.0.0.1 /data ${node.backups}" "2 127.0.0.1 /data /tmp" "3 10.250.250.250 /data ${node.backups}"`,
    );

    const { code, stdout } = await node.run('inspect-cluster');

    expect(code).toBe(0);
    expect(answers.InspectCluster.parse(JSON.parse(stdout))).toEqual({ localNodeIds: [1], restoring: [], cluster: null });
  });

  it('looks into DataDir when the configuration has no BackupDataDir', async () => {
    const node = givenNode();
    node.stub('ndb_config', `echo "7 localhost ${node.backups} "`);

    const { stdout } = await node.run('inspect-cluster');

    expect(JSON.parse(stdout).localNodeIds).toEqual([7]);
  });

  it.each(['begun', 'done'])('names a backup whose restore is %s and not yet cleaned up', async (marker) => {
    const node = givenNode();
    node.write(`mysql-cluster/ndb/backups/hopsdr/263261030/schema.${marker}`, '');
    node.write('mysql-cluster/ndb/backups/hopsdr/263261031/upload/x', '');

    const { stdout } = await node.run('inspect-cluster');

    expect(JSON.parse(stdout).restoring).toEqual(['263261030']);
  });

  it('tells on a head what the cluster is and which tables users have', async () => {
    const node = await givenHead();
    const tables = [row('hops', 'hdfs_inodes'), row('hops', 'NDB$BLOB_20_1'), row('mysql', 'ndb_schema'), row('glassfish_timers', 'EJB')];
    node.stub('ndb_show_tables', `cat <<'EOT'\n${tables.join('\n')}\n\nNDBT_ProgramExit: 0 - OK\nEOT`);

    const { stdout } = await node.run('inspect-cluster');

    const { cluster } = answers.InspectCluster.parse(JSON.parse(stdout));
    expect(cluster).toMatchObject({ sqlVersion: '8.0.35-cluster', userTableCount: 1 });
    expect(unpack(cluster?.show ?? '')).toBe(show);
    expect(unpack(cluster?.userTables ?? '')).toBe('hops.hdfs_inodes\n');
  });

  it('answers in less than the 24,000 characters that SSM keeps when there are thousands of tables', async () => {
    const node = await givenHead();
    node.stub(
      'ndb_show_tables',
      `for i in {1..3000}; do printf "%s\\t'UserTable'\\t'Online'\\t'Yes'\\t'db_$i'\\t'def'\\t'table_$RANDOM$RANDOM'\\n" $i; done`,
    );

    const { stdout } = await node.run('inspect-cluster');

    expect(JSON.parse(stdout).cluster.userTableCount).toBe(3000);
    expect(stdout.length).toBeLessThan(24_000);
  });

  it('says that mysqld does not answer', async () => {
    const node = await givenHead();
    node.stub('mysql', 'echo "ERROR 2002 (HY000): Can\'t connect to local MySQL server" >&2; exit 1');

    const { code, last, answer } = await node.run('inspect-cluster');

    expect({ code, answer }).toEqual({ code: 17, answer: '' });
    expect(last).toBe("i-0000000000000b001: mysqld does not answer: ERROR 2002 (HY000): Can't connect to local MySQL server");
  });

  it('says that ndb_mgmd does not answer', async () => {
    const node = givenNode();
    node.stub('ndb_config', 'echo "Unable to connect with connect string: nodeid=0,127.0.0.1:1186" >&2; exit 255');

    const { code, last } = await node.run('inspect-cluster');

    expect(code).toBe(12);
    expect(last).toContain('ndb_mgmd does not answer at 127.0.0.1:1186: Unable to connect');
  });

  it('says that no [api] slot is free to list the tables', async () => {
    const node = await givenHead();
    node.stub('ndb_show_tables', 'echo "Could not alloc node id: No free node id found for mysqld(API)." >&2; exit 1');

    const { code } = await node.run('inspect-cluster');

    expect(code).toBe(37);
  });
});
