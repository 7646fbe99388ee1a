import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf, givenNode } from '../nodes/given.ts';

/** What bash would run if it took it for a number. */
const NUMBER = 'x[$(>$HOPS_ROOT/owned)]';
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function givenHead() {
  const node = givenNode();
  node.stub('mysql', `case "$*" in *COUNT*) echo ${quoted(NUMBER)} ;; *) echo 9.7.2 ;; esac`);
  node.stub('sleep', 'true');
  node.stub('systemctl', 'echo "LoadState=loaded"; echo "ActiveState=active"; echo "InvocationID=1"');
  for (const tool of ['hadoop/bin/hdfs', 'epipe/bin/reindex-epipe.sh']) node.stub(`../${tool}`, 'echo "Safe mode is ON"');
  node.write('hadoop/etc/hadoop/hdfs-site.xml', '');
  return node;
}

describe('what a tool prints where a number is expected', () => {
  it.each([
    ['await-safe-mode-exit', 'SqlServerUnreachable', 'mysqld counts hops.hdfs_block_infos as x[$(>'],
    ['start-name-node', 'SqlServerUnreachable', 'mysqld counts hops.hdfs_variables as x[$(>'],
    ['reindex-open-search', 'SearchRebuildFailed', 'mysqld counts the projects as x[$(>'],
  ] as const)('is no command of %s, which ends by name', async (script, name, sentence) => {
    const node = givenHead();

    const { code, last } = await node.run(script);

    expect({ code, last }).toEqual({ code: exitCodeOf(name), last: expect.stringContaining(sentence) });
    expect(node.has('owned')).toBe(false);
  });

  it.each(['inspect-cluster', 'check-nodes', 'remove-local-backup', 'upload-rondb-backup', 'follow-rondb-backup'])(
    'as the id of a data node is no data node of %s, and nothing is touched for it',
    async (script) => {
      const node = givenNode();
      node.stub('ndb_config', `printf '%s 127.0.0.1 %s %s\\n' ${quoted(NUMBER)} "$HOPS_ROOT" "$HOPS_ROOT/mysql-cluster/ndb/backups"`);
      node.write('mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/kept', 'x');

      const { code, answer } = await node.run(script);

      expect(code === 0 ? JSON.parse(answer).localNodeIds : code).toEqual(code === 0 ? [] : exitCodeOf('DataNodeUnknown'));
      expect(node.has('owned')).toBe(false);
      expect(node.has('mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/kept')).toBe(true);
    },
  );
});

describe('a VERSION of HopsFS', () => {
  it.each(['DS-1","datanodeUuid":"x', '$(touch owned)', '../../x', 'DS-1\\"', "DS-1'"])(
    'that names its storage %s names none',
    async (id) => {
      const node = givenNode();
      node.write('dn-1/current/VERSION', `storageID=${id}\ndatanodeUuid=uuid-1\n`);

      const { answer } = await node.run('inspect-hopsfs');

      expect(answers.InspectHopsfs.parse(JSON.parse(answer)).directories).toMatchObject([{ storageId: null, datanodeUuid: 'uuid-1' }]);
      expect(node.has('owned')).toBe(false);
    },
  );
});
