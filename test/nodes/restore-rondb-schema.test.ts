import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf, givenNode } from './given.ts';

const state = 'mysql-cluster/ndb/backups/hopsdr/263261030';
const excluded = 'mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL';

describe('restore-rondb-schema', () => {
  /** A RonDB whose tables are the lines of the file `tables`; ndb_restore makes `restore` of them and keeps its arguments. */
  function givenEmptyTarget(restore = 'echo hops.b >>"$HOPS_ROOT/tables"') {
    const node = givenNode();
    node.write(`${state}/node=1/BACKUP-263261030/BACKUP-263261030.1.ctl`, '');
    node.write('tables', '');
    node.stub('ndb_show_tables', `sed -E "s/(.*)\\.(.*)/1\\t'UserTable'\\t'Online'\\t'Yes'\\t'\\1'\\t'def'\\t'\\2'/" "$HOPS_ROOT/tables"`);
    node.stub('ndb_restore', `echo "$*" >>"$HOPS_ROOT/restore.log"\n${restore}\necho "Data and log restore successful"`);
    return node;
  }

  it('creates the tables without indexes, leaving out what Hopsworks leaves out', async () => {
    const node = givenEmptyTarget();

    const { stdout } = await node.run('restore-rondb-schema');

    expect(answers.RestoreRondbSchema.parse(JSON.parse(stdout))).toEqual({ tables: 1 });
    const restore = '--no-defaults -c 127.0.0.1:1186 -n 1 -b 263261030';
    const backup = node.path(`${state}/node=1/BACKUP-263261030`);
    expect(node.read('restore.log')).toBe(
      `${restore} --no-binlog --exclude-tables=${excluded} --backup_path=${backup} -m --disable-indexes\n`,
    );
  });

  it('refuses a target that holds tables', async () => {
    const node = givenEmptyTarget();
    node.write('tables', 'hops.hdfs_inodes\nhops.x\n');

    const { code, last } = await node.run('restore-rondb-schema');

    expect(code).toBe(36);
    expect(last).toContain('RonDB holds 2 user tables, the first is hops.hdfs_inodes');
    expect(node.has('restore.log')).toBe(false);
  });

  it('does nothing when it is run again', async () => {
    const node = givenEmptyTarget();
    const first = await node.run('restore-rondb-schema');

    const second = await node.run('restore-rondb-schema');

    expect(second.stdout).toBe(first.stdout);
    expect(node.read('restore.log').trim().split('\n')).toHaveLength(1);
  });

  describe('after a kill -9', () => {
    /** RonDB holds the tables hops.a and shop.a, left by a killed run; `rows` of them are in shop.a. */
    async function givenKilledRun(rows: number) {
      const node = givenEmptyTarget('printf "hops.a\\nshop.a\\n" >>"$HOPS_ROOT/tables"; touch "$HOPS_ROOT/begun"; sleep 60');
      const killed = node.start('restore-rondb-schema');
      while (!node.has('begun')) await delay(20);
      killed.signal('SIGKILL');
      await killed.ended;
      node.stub('ndb_restore', 'printf "hops.a\\nhops.b\\nshop.a\\n" >>"$HOPS_ROOT/tables"; echo restore successful');
      node.stub('ndb_select_count', `[[ $* == *'-d hops'* ]] && echo '0 records in table a' || echo '${rows} records in table a'`);
      node.stub('ndb_drop_table', 'sed -i "/^$5\\.$6$/d" "$HOPS_ROOT/tables"; echo "Dropping table $6...OK"');
      return node;
    }

    it('drops the empty tables that the killed run left and creates all of them', async () => {
      const node = await givenKilledRun(0);

      const { stdout } = await node.run('restore-rondb-schema');

      expect(JSON.parse(stdout)).toEqual({ tables: 3 });
      expect(node.read('tables')).toBe('hops.a\nhops.b\nshop.a\n');
    });

    it('never drops a table that has rows by now', async () => {
      const node = await givenKilledRun(1);

      const { code, last } = await node.run('restore-rondb-schema');

      expect(code).toBe(36);
      expect(last).toContain('a killed restore left empty tables in shop, but now: 1 records in table a');
      expect(node.read('tables')).toContain('shop.a');
    });

    it.each(['ndb_select_count', 'ndb_drop_table'])('says that %s could not', async (tool) => {
      const node = await givenKilledRun(0);
      node.stub(tool, 'echo "Error: 709: No such table existed"; exit 1');

      const { code, last } = await node.run('restore-rondb-schema');

      expect(code).toBe(32);
      expect(last).toContain('709: No such table existed');
    });
  });

  it('drops the indexes when it is run again after they were built, so that rows can be restored again', async () => {
    const node = givenEmptyTarget();
    await node.run('restore-rondb-schema');
    node.write(`${state}/indexes.begun`, '');

    await node.run('restore-rondb-schema');

    expect(node.read('restore.log').trim().split('\n').at(-1)).toMatch(/BACKUP-263261030 --disable-indexes$/);
    expect(node.has(`${state}/indexes.begun`)).toBe(false);
  });

  it('starts from the beginning when the target was emptied since', async () => {
    const node = givenEmptyTarget();
    await node.run('restore-rondb-schema');
    node.write('tables', '');

    const { stdout } = await node.run('restore-rondb-schema');

    expect(JSON.parse(stdout)).toEqual({ tables: 1 });
  });

  it('refuses a target that holds other tables than it left', async () => {
    const node = givenEmptyTarget();
    await node.run('restore-rondb-schema');
    node.write('tables', 'shop.new\n');

    const { code } = await node.run('restore-rondb-schema');

    expect(code).toBe(36);
  });

  it.each([
    [
      'SchemaRestoreFailed',
      'fails',
      'echo "Create table x failed: 721: Schema object with given name already exists"; exit 1',
      '721: Schema object',
    ],
    [
      'SchemaRestoreFailed',
      'says why before it says what it gives up',
      'echo "ERROR: Create table x failed: 1224: Too many fragments"; echo "ERROR: Restore: Failed to restore table x ... Exiting"; exit 1',
      '1224: Too many fragments',
    ],
    [
      'SchemaRestoreFailed',
      'exits with 0 but fails',
      'echo "ERROR: could not create"; exit 0',
      'ended with status 0: ERROR: could not create',
    ],
    ['SchemaRestoreFailed', 'is killed by a signal', 'kill -ABRT $$', 'ended with status 134'],
    [
      'NoFreeApiSlot',
      'finds no slot',
      'echo "Could not alloc node id: No free node id found for mysqld(API)."; exit 1',
      'no free [api] slot',
    ],
  ] as const)('is a %s when ndb_restore %s', async (name, _, restore, cause) => {
    const node = givenEmptyTarget(restore);

    const { code, last, answer } = await node.run('restore-rondb-schema');

    expect({ code, answer }).toEqual({ code: exitCodeOf(name), answer: '' });
    expect(last).toContain(cause);
  });

  it('names the directory that was not downloaded here', async () => {
    const { code, last } = await givenEmptyTarget().run('restore-rondb-schema', { backupNodeId: '7' });

    expect(code).toBe(25);
    expect(last).toContain('RonDB node 7 of the backup');
  });
});
