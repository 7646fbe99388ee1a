import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, sha256 } from './given.ts';

const users = "CREATE USER IF NOT EXISTS `app`@`%` REQUIRE NONE;\nCREATE USER IF NOT EXISTS `o'b``x`@`%` REQUIRE NONE;\nGRANT USAGE;\n";
const objects = 'CREATE VIEW v;\n';
const given = { usersSha256: sha256(users), objectsSha256: sha256(objects) };
const metadata = 'bucket/practice/backups/263261030/metadata';

describe('restore-users', () => {
  /** A mysqld that keeps what it is told in `told`; `replay` decides about the text on its stdin. */
  function givenHead({ seen = 'hops.a', replay = 'true', read = 'true', synchronised = '0' } = {}) {
    const node = givenNode();
    node.write(`${metadata}/users.sql`, users);
    node.write(`${metadata}/objects.sql`, objects);
    node.stub('ndb_show_tables', `printf "1\\t'UserTable'\\t'Online'\\t'Yes'\\t'hops'\\t'def'\\t'a'\\n"`);
    node.stub('sleep', 'true');
    node.stub(
      'mysql',
      `case "$*" in
  *ndb_connectstring*) echo 127.0.0.1:1186 ;;
  *'= ON'*) echo synchronise >>"$HOPS_ROOT/told" ;;
  *'FLUSH LOCAL TABLES'*) echo reopen >>"$HOPS_ROOT/told" ;;
  *ndb_metadata_sync*) echo ${synchronised} ;;
  *'SELECT 1 FROM'*) echo read >>"$HOPS_ROOT/reads"; ${read} ;;
  *"engine = 'ndbcluster'"*) echo '\`hops\`.\`a\`' ;;
  *'FROM information_schema.tables'*) echo ${seen} ;;
  *'FROM mysql.user'*) if [[ -f $HOPS_ROOT/counted ]]; then echo 6; else echo 5 && touch "$HOPS_ROOT/counted"; fi ;;
  *information_schema.views*) echo 4 ;;
  *) text=$(cat); echo "$text" >>"$HOPS_ROOT/told"; ${replay} ;;
esac`,
    );
    return node;
  }

  it('synchronises and reopens tables, then creates accounts, then objects, and looks every account up', async () => {
    const node = givenHead();

    const { stdout } = await node.run('restore-users', given);

    expect(answers.RestoreUsers.parse(JSON.parse(stdout))).toEqual({ users: 2, kept: 1, objects: 4 });
    const lookUp = "SET SESSION sql_mode = '';\nSHOW CREATE USER `app`@`%`;\nSHOW CREATE USER `o'b``x`@`%`;\n";
    expect(node.read('told')).toBe(`synchronise\nreopen\n${users}${objects}${lookUp}`);
  });

  it.each(['usersSha256', 'objectsSha256'] as const)('tells mysqld nothing when a file does not have its %s', async (name) => {
    const node = givenHead();

    const { code, last } = await node.run('restore-users', { ...given, [name]: '1'.repeat(64) });

    expect(code).toBe(31);
    expect(last).toContain(`${name.replace('Sha256', '')}.sql: s3://practice-bucket/`);
    expect(node.has('told')).toBe(false);
  });

  it.each([
    ['users.sql', `[[ $text != *'CREATE USER IF'* ]] || { echo "ERROR 1410 (42000) at line 3: not allowed" >&2; exit 1; }`],
    ['objects.sql', `[[ $text != *VIEW* ]] || { echo "ERROR 1146 (42S02) at line 1: no table" >&2; exit 1; }`],
    ['check.sql', `[[ $text != *SHOW* ]] || { echo "ERROR 1396 (HY000) at line 2: no user" >&2; exit 1; }`],
  ])('stops when mysqld refuses %s', async (file, replay) => {
    const { code, last, answer } = await givenHead({ replay }).run('restore-users', given);

    expect({ code, answer }).toEqual({ code: 35, answer: '' });
    expect(last).toMatch(new RegExp(`: ${file}: ERROR 1\\d+ `));
  });

  it('creates nothing while mysqld does not see a restored table', async () => {
    const node = givenHead({ seen: 'hops.other' });

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(35);
    expect(last).toContain('mysqld does not see the table hops.a');
    expect(node.read('told')).toBe('synchronise\n');
  });

  const stale = 'echo "ERROR 1412 (HY000): Table definition has changed, please retry transaction" >&2; exit 1';

  it('reads a table again whose definition mysqld has from before', async () => {
    const node = givenHead({ read: `[[ $(wc -l <"$HOPS_ROOT/reads") -gt 1 ]] || { ${stale}; }` });

    const { code } = await node.run('restore-users', given);

    expect(code).toBe(0);
    expect(node.read('reads')).toBe('read\nread\n');
  });

  it('creates nothing while a restored table cannot be read', async () => {
    const node = givenHead({ read: stale });

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(35);
    expect(last).toContain('table `hops`.`a` cannot be read: ERROR 1412');
    expect(node.read('told')).toBe('synchronise\n');
  });

  it('stops when mysqld fails while it synchronises', async () => {
    const { code } = await givenHead({ synchronised: '&& exit 1' }).run('restore-users', given);

    expect(code).toBe(35);
  });

  it('says that mysqld does not answer', async () => {
    const node = givenHead();
    node.stub('mysql', 'echo "ERROR 2002 (HY000): no socket" >&2; exit 1');

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(17);
    expect(last).toContain('mysqld does not answer: ERROR 2002');
  });

  it('says which object is not in the bucket', async () => {
    const node = givenHead();
    node.remove(`${metadata}/objects.sql`);

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(30);
    expect(last).toContain('metadata/objects.sql');
  });
});
