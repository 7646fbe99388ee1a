import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, sha256, unpack } from './given.ts';

const show = ['[ndbd(NDB)]\t1 node(s)', 'id=1\t@127.0.0.1  (RonDB-22.10.4, Nodegroup: 0, *)', ''].join('\n');
const memory = 'Node 1: Data usage is 10%(474 32K pages of total 4652)';
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
    node.stub('mysql', `case "$*" in *hopsworks_version*) echo 3.7.4 ;; *) echo 8.0.35-cluster ;; esac`);
    node.stub('ndb_mgm', `case "$*" in *MEMORYUSAGE*) echo '${memory}' ;; *) printf '%s' '${show}' ;; esac`);
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
    expect(answers.InspectCluster.parse(JSON.parse(stdout))).toEqual({
      localNodeIds: [1],
      restoring: [],
      freeBytes: expect.any(Number),
      cluster: null,
    });
  });

  it('names the least free space of the local data nodes, and none without data nodes', async () => {
    const node = givenNode();
    node.write('other/x', '');
    node.stub('ndb_config', `printf '%s\\n' "1 127.0.0.1 /data ${node.backups}" "2 127.0.0.1 /data ${node.path('other')}"`);
    node.stub('df', 'echo header; case "$*" in */other) echo "d 9 8 7" ;; *) echo "d 9 8 70" ;; esac');
    const empty = givenNode();
    empty.stub('ndb_config', 'echo "1 10.250.250.250 /data /backups"');

    const [some, none] = [await node.run('inspect-cluster'), await empty.run('inspect-cluster')];

    expect([some, none].map(({ stdout }) => JSON.parse(stdout).freeBytes)).toEqual([7, null]);
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
    expect(unpack(cluster?.show ?? '').trimEnd()).toBe(show.trimEnd());
    expect(unpack(cluster?.memory ?? '').trimEnd()).toBe(memory);
    expect(unpack(cluster?.userTables ?? '')).toBe('hops.hdfs_inodes\n');
    expect(cluster?.userTablesSha256).toBe(sha256('hops.hdfs_inodes\n'));
  });

  it('gives the list of no tables the SHA-256 of nothing', async () => {
    const { stdout } = await (await givenHead()).run('inspect-cluster');

    expect(JSON.parse(stdout).cluster).toMatchObject({ userTableCount: 0, userTablesSha256: sha256('') });
  });

  it('tells the versions, of secrets no more than their SHA-256', async () => {
    const node = await givenHead();
    node.write('cluster/definition.yml', 'name: x');
    node.write('certs-dir/password', 'secret');

    const { stdout } = await node.run('inspect-cluster', {
      definition: '/srv/cluster/definition.yml',
      passwordFile: '/srv/hops/certs-dir/password',
    });

    const { versions } = JSON.parse(stdout).cluster;
    expect(versions).toEqual({
      mysql: '8.0.35-cluster',
      hopsworks: '3.7.4',
      definitionSha256: sha256('name: x'),
      passwordFingerprint: sha256('secret'),
    });
  });

  it('reads a cluster definition that lies in a bucket', async () => {
    const node = await givenHead();
    node.write('bucket/of/cluster.json', '{}');

    const { stdout } = await node.run('inspect-cluster', { definition: 's3://practice-bucket/of/cluster.json' });

    expect(JSON.parse(stdout).cluster.versions.definitionSha256).toBe(sha256('{}'));
  });

  it.each(['none', '/srv/hops/gone.yml', 's3://practice-bucket/gone'])(
    'says null where it cannot tell: definition %s',
    async (definition) => {
      const node = await givenHead();
      node.stub('mysql', `case "$*" in *hopsworks_version*) echo "ERROR 1146: no table" >&2; exit 1 ;; *) echo 8.0.35 ;; esac`);

      const { stdout } = await node.run('inspect-cluster', { definition });

      expect(JSON.parse(stdout).cluster.versions).toEqual({
        mysql: '8.0.35',
        hopsworks: null,
        definitionSha256: null,
        passwordFingerprint: null,
      });
    },
  );

  it('names the tools of Hopsworks that are here', async () => {
    const node = await givenHead();
    for (const tool of ['hadoop/bin/hdfs', 'epipe/bin/reindex-epipe.sh', 'kafka/bin/kafka-restore.sh']) {
      chmodSync(node.write(tool, '#!/bin/sh\necho 86400\n'), 0o755);
    }

    const { stdout } = await node.run('inspect-cluster');

    expect(JSON.parse(stdout).cluster).toMatchObject({ tools: ['hdfs', 'epipe', 'kafka'], deletionDelaySeconds: 86_400 });
  });

  it.each([
    ['there is no hdfs', undefined],
    ['hdfs does not know it', 'echo "Configuration is missing." >&2; exit 255'],
    ['hdfs says no number', 'echo "1d"'],
  ])('does not name the delay of deletions when %s', async (_, hdfs) => {
    const node = await givenHead();
    if (hdfs) chmodSync(node.write('hadoop/bin/hdfs', `#!/bin/sh\n${hdfs}\n`), 0o755);

    const { stdout } = await node.run('inspect-cluster');

    expect(JSON.parse(stdout).cluster).toMatchObject({ tools: hdfs ? ['hdfs'] : [], deletionDelaySeconds: null });
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
