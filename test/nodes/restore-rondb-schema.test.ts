import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf, givenNode } from './given.ts';

const state = 'mysql-cluster/ndb/backups/hopsdr/263261030';
const excluded = 'mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL';

describe('restore-rondb-schema', () => {
  /**
   * A RonDB whose tables are the lines of the file `tables`, and a backup whose selected tables are `backup`: ndb_restore does `restore`,
   * by default it creates them, and keeps its arguments.
   */
  function givenTarget(restore = 'cat "$HOPS_ROOT/backup" >>"$HOPS_ROOT/tables"', backup = ['hops.b']) {
    const node = givenNode();
    node.givenFetched(1);
    node.write('tables', '');
    node.write('groups', '');
    node.write('backup', backup.map((name) => `${name}\n`).join(''));
    node.stub(
      'ndb_show_tables',
      `[[ $* == *'-t 2' ]] || { sed "s/.*/1\\t'LogfileGroup'\\t'Online'\\t'-'\\t''\\t''\\t'&'/" "$HOPS_ROOT/groups"; exit; }
sed -E "s/(.*)\\.(.*)/1\\t'UserTable'\\t'Online'\\t'Yes'\\t'\\1'\\t'def'\\t'\\2'/" "$HOPS_ROOT/tables"`,
    );
    node.stub('ndb_desc', 'echo "-- $7 --"; echo "Version: $(cat "$HOPS_ROOT/version" || echo 2)"');
    node.stub(
      'ndb_restore',
      `echo "$*" >>"$HOPS_ROOT/restore.log"
if [[ $* == *--print_meta ]]; then
  sed 's,[.],/def/,; s,.*,-- & --,' "$HOPS_ROOT/backup"
  printf -- '-- %s --\\n' 'hops/def/NDB$BLOB_4_1' sys/def/4/PRIMARY mysql/def/ndb_schema
else
  ${restore}
fi
echo "Data and log restore successful"`,
    );
    /** The calls that create tables. */
    const created = () => (node.has('restore.log') ? node.read('restore.log').match(/.* -m --disable-indexes.*/g) : null) ?? [];
    return { ...node, created };
  }

  it('creates the tables without indexes, leaving out what Hopsworks leaves out', async () => {
    const node = givenTarget();

    const { stdout } = await node.run('restore-rondb-schema');

    expect(answers.RestoreRondbSchema.parse(JSON.parse(stdout))).toEqual({ tables: 1 });
    const restore = '--no-defaults -c 127.0.0.1:1186 -n 1 -b 263261030';
    const backup = node.path(`${state}/node=1/BACKUP-263261030`);
    const common = `${restore} --no-binlog --exclude-tables=${excluded} --backup_path=${backup}`;
    expect(node.read('restore.log')).toBe(`${common} --print_meta\n${common} -m --disable-indexes\n`);
  });

  it('refuses a target that holds tables', async () => {
    const node = givenTarget();
    node.write('tables', 'hops.hdfs_inodes\nhops.x\n');

    const { code, last } = await node.run('restore-rondb-schema');

    expect(code).toBe(36);
    expect(last).toContain('RonDB holds 2 tables where this restore needs none: hops.hdfs_inodes, hops.x.');
    expect(node.created()).toEqual([]);
  });

  it('creates nothing by a .ctl that has changed on the disk since it was fetched', async () => {
    const node = givenTarget();
    node.write(`${state}/node=1/BACKUP-263261030/BACKUP-263261030.1.ctl`, 'oF 1');

    const { code } = await node.run('restore-rondb-schema');

    expect(code).toBe(exitCodeOf('ChecksumMismatch'));
    expect(node.created()).toEqual([]);
  });

  it('does nothing when it is run again', async () => {
    const node = givenTarget();
    const first = await node.run('restore-rondb-schema');

    const second = await node.run('restore-rondb-schema');

    expect(second.stdout).toBe(first.stdout);
    expect(node.created()).toHaveLength(1);
  });

  describe('after a kill -9', () => {
    /** RonDB holds the tables hops.a and shop.a, left by a killed run; `rows` of them are in shop.a. */
    async function givenKilledRun(rows: number) {
      const half = 'printf "hops.a\\nshop.a\\n" >>"$HOPS_ROOT/tables"; touch "$HOPS_ROOT/begun"; sleep 60';
      const node = givenTarget(`[[ -f $HOPS_ROOT/begun ]] && cat "$HOPS_ROOT/backup" >>"$HOPS_ROOT/tables" || { ${half}; }`, [
        'hops.a',
        'hops.b',
        'shop.a',
      ]);
      const killed = node.start('restore-rondb-schema');
      while (!node.has('begun')) await delay(20);
      killed.signal('SIGKILL');
      await killed.ended;
      node.stub('ndb_select_count', `[[ $* == *'-d hops'* ]] && echo '0 records in table a' || echo '${rows} records in table a'`);
      node.stub('ndb_drop_table', 'sed -i "/^$5\\.$7$/d" "$HOPS_ROOT/tables"; echo "Dropping table $7...OK"');
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

    it('drops no table when the disk is too full to keep what ndb_select_count, which ends with success, has found', async () => {
      const node = await givenKilledRun(1);
      node.stub('cat', '(($# > 0)) && exec /bin/cat "$@"; echo "cat: write error: No space left on device" >&2; exit 1');

      const { code } = await node.run('restore-rondb-schema');

      expect(code).toBe(exitCodeOf('SchemaRestoreFailed'));
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
    const node = givenTarget();
    await node.run('restore-rondb-schema');
    node.write(`${state}/indexes.begun`, '');

    await node.run('restore-rondb-schema');

    expect(node.read('restore.log').trim().split('\n').at(-1)).toMatch(/BACKUP-263261030 --disable-indexes$/);
    expect(node.has(`${state}/indexes.begun`)).toBe(false);
  });

  it('starts from the beginning when the target was emptied since', async () => {
    const node = givenTarget();
    await node.run('restore-rondb-schema');
    node.write('tables', '');

    const { stdout } = await node.run('restore-rondb-schema');

    expect(JSON.parse(stdout)).toEqual({ tables: 1 });
  });

  it('refuses a target that holds other tables than it left', async () => {
    const node = givenTarget();
    await node.run('restore-rondb-schema');
    node.write('tables', 'shop.new\n');

    const { code } = await node.run('restore-rondb-schema');

    expect(code).toBe(36);
  });

  it('refuses tables that another restore has created under the same names', async () => {
    const node = givenTarget();
    await node.run('restore-rondb-schema');
    node.write('version', '3');

    const { code, last } = await node.run('restore-rondb-schema');

    expect(code).toBe(36);
    expect(last).toContain('hops.b');
  });

  it('forgets other restores that were begun here once RonDB is empty', async () => {
    const node = givenTarget();
    const other = 'mysql-cluster/ndb/backups/hopsdr/263250900';
    for (const mark of ['schema.begun', 'schema.done']) node.write(`${other}/${mark}`, '');

    await node.run('restore-rondb-schema');

    expect([node.has(`${other}/schema.begun`), node.has(`${other}/schema.done`), node.has(`${state}/schema.done`)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('does not believe ndb_restore that a table was created', async () => {
    const { code, last } = await givenTarget('echo hops.a >>"$HOPS_ROOT/tables"', ['hops.a', 'hops.b']).run('restore-rondb-schema');

    expect(code).toBe(32);
    expect(last).toContain('ndb_restore ended well, but did not create hops.b.');
  });

  describe('of a part', () => {
    const part = { selection: 'include-databases=hops;exclude-tables=hops.x;rewrite-database=hops,old' };
    const create = 'sed "s/^hops/old/" "$HOPS_ROOT/backup" >>"$HOPS_ROOT/tables"';

    it('restores beside what is there, under its new names, leaving out what Hopsworks leaves out last of all', async () => {
      const node = givenTarget(create, ['hops.a', 'hops.b']);
      node.write('tables', 'hops.a\nshop.a\n');

      const first = await node.run('restore-rondb-schema', part);
      const second = await node.run('restore-rondb-schema', part);

      expect([first.answer, second.answer]).toEqual(['{"tables":2}', '{"tables":2}']);
      expect(node.created()).toEqual([
        expect.stringContaining(
          ` --include-databases=hops --exclude-tables=hops.x --rewrite-database=hops,old --exclude-tables=${excluded} `,
        ),
      ]);
    });

    it('refuses when a table has its name taken, and names it', async () => {
      const node = givenTarget(create, ['hops.a', 'hops.b']);
      node.write('tables', 'hops.a\nold.b\n');

      const { code, last } = await node.run('restore-rondb-schema', part);

      expect(code).toBe(36);
      expect(last).toContain('RonDB holds 1 tables where this restore needs none: old.b.');
      expect(node.created()).toEqual([]);
    });

    it('drops nothing but the tables of its own killed attempt, whatever is selected now', async () => {
      const node = givenTarget(create, ['hops.a']);
      node.write('tables', 'hops.a\nold.b\nshop.a\n');
      node.write(`${state}/schema.begun`, 'old\tb\n');
      node.stub('ndb_select_count', 'echo "0 records in table b"');
      node.stub('ndb_drop_table', 'sed -i "/^$5\\.$7$/d" "$HOPS_ROOT/tables"');

      const { answer } = await node.run('restore-rondb-schema', part);

      expect(answer).toBe('{"tables":1}');
      expect(node.read('tables')).toBe('hops.a\nshop.a\nold.a\n');
    });

    it('forgets no other restore', async () => {
      const node = givenTarget(create);
      node.write('mysql-cluster/ndb/backups/hopsdr/263250900/schema.done', '');

      await node.run('restore-rondb-schema', part);

      expect(node.has('mysql-cluster/ndb/backups/hopsdr/263250900/schema.done')).toBe(true);
    });

    it('says that nothing of the backup is selected', async () => {
      const { code, last } = await givenTarget(create, []).run('restore-rondb-schema', part);

      expect(code).toBe(32);
      expect(last).toContain('backup 263261030 holds no table that include-databases=hops;');
    });
  });

  it('keeps to an empty target when it only excludes, whatever the name of a database', async () => {
    const node = givenTarget();
    node.write('tables', 'shop.a\n');

    const { code } = await node.run('restore-rondb-schema', { selection: 'exclude-databases=include-me' });

    expect(code).toBe(36);
  });

  describe('with logfile groups and tablespaces', () => {
    it('leaves those alone that are there', async () => {
      const node = givenTarget();
      node.write('groups', 'lg_1\n');

      await node.run('restore-rondb-schema');

      expect(node.created()).toEqual([expect.stringMatching(/ -m --disable-indexes --no-restore-disk-objects$/)]);
    });

    it.each([
      ['goes on with those that a killed attempt has created', 'echo "[restore_metadata] Restoring tables"', 0],
      ['refuses those that a killed attempt may not have finished', 'echo "Creating undofile"', 32],
    ])('%s', async (_, said, expected) => {
      const node = givenTarget(`[[ $* == *--no-restore-disk-objects ]] || { echo lg_1 >"$HOPS_ROOT/groups"; ${said}; exit 1; }
cat "$HOPS_ROOT/backup" >>"$HOPS_ROOT/tables"`);
      await node.run('restore-rondb-schema');

      const { code } = await node.run('restore-rondb-schema');

      expect(code).toBe(expected);
    });
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
    const node = givenTarget(restore);

    const { code, last, answer } = await node.run('restore-rondb-schema');

    expect({ code, answer }).toEqual({ code: exitCodeOf(name), answer: '' });
    expect(last).toContain(cause);
  });

  it('names the directory that was not downloaded here', async () => {
    const { code, last } = await givenTarget().run('restore-rondb-schema', { backupNodeId: '7' });

    expect(code).toBe(25);
    expect(last).toContain('RonDB node 7 of the backup');
  });
});
