import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf, givenNode, sha256 } from './given.ts';

const list = 'hops.a\nhops.b\nshop.a\n';
const agreed = { tablesSha256: sha256(list) };
const begun = 'hopsdr/263261030/emptied.begun';

describe('empty-rondb', () => {
  /** A RonDB whose tables are the lines of the file `tables`, of which mysqld knows the databases in the file `databases`. */
  function givenTables(tables = list, databases = ['hops', 'empty', "odd-name's"]) {
    const node = givenNode();
    node.write('tables', tables);
    node.write('databases', databases.map((name) => `${name}\n`).join(''));
    node.write('foreign', '');
    node.stub(
      'ndb_show_tables',
      `sed -E "s/(.*)\\.(.*)/1\\t'UserTable'\\t'Online'\\t'Yes'\\t'\\1'\\t'def'\\t'\\2'/" "$HOPS_ROOT/tables"
printf "2\\t'UserTable'\\t'Online'\\t'Yes'\\t'mysql'\\t'def'\\t'ndb_schema'\\n"`,
    );
    node.stub(
      'mysql',
      `statement="\${*: -1}"
case $statement in
  *VERSION*) echo 9.7.2 ;;
  *schemata*) cat "$HOPS_ROOT/databases" ;;
  *engine*) cat "$HOPS_ROOT/foreign" ;;
  *)
    echo "$statement" >>"$HOPS_ROOT/statements"
    name=\${statement##*DROP DATABASE \\\`}
    [[ \${name%\\\`} != "$REFUSED" ]] || { echo "ERROR 1205 (HY000) at line 1: Lock wait timeout exceeded" >&2; exit 1; }
    sed -i "/^\${name%\\\`}\\./d" "$HOPS_ROOT/tables"
    ;;
esac`,
    );
    const dropped = () =>
      node.has('statements') ? [...node.read('statements').matchAll(/DROP DATABASE `(.*)`/g)].map(([, name]) => name) : [];
    return { ...node, dropped };
  }

  it('drops every database of users, those that mysqld does not know among them', async () => {
    const node = givenTables();

    const { stdout } = await node.run('empty-rondb', agreed);

    expect(answers.EmptyRondb.parse(JSON.parse(stdout))).toEqual({ dropped: 3 });
    expect(node.dropped()).toEqual(['empty', 'hops', "odd-name's", 'shop']);
    expect(node.read('statements')).toContain(
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60; CREATE DATABASE IF NOT EXISTS `shop`; DROP DATABASE `shop`\n',
    );
  });

  it('answers the same when it is run again', async () => {
    const node = givenTables();
    const first = await node.run('empty-rondb', agreed);

    const second = await node.run('empty-rondb', agreed);

    expect(second.stdout).toBe(first.stdout);
  });

  it('drops what holds no tables', async () => {
    const node = givenTables('');

    const { answer } = await node.run('empty-rondb', { tablesSha256: sha256('') });

    expect(answer).toBe('{"dropped":0}');
    expect(node.dropped()).toContain('empty');
  });

  it('drops on a further head what lives in its mysqld alone, once RonDB holds no table', async () => {
    const node = givenTables('', ['views']);

    const { answer } = await node.run('empty-rondb', agreed);

    expect(answer).toBe('{"dropped":0}');
    expect(node.dropped()).toEqual(['views']);
  });

  it.each([
    ['one more', `${list}shop.b\n`],
    ['one less', 'hops.a\nhops.b\n'],
  ])('drops nothing when RonDB holds %s table than the plan found', async (_, tables) => {
    const node = givenTables(tables);

    const { code, last } = await node.run('empty-rondb', agreed);

    expect(code).toBe(48);
    expect(last).toContain(
      `RonDB holds other tables than the plan found: their list has the SHA-256 ${sha256(tables)}, not ${sha256(list)}.`,
    );
    expect(node.dropped()).toEqual([]);
  });

  describe('after it was cut off', () => {
    async function givenRest(rest: string) {
      const node = givenTables();
      await node.run('empty-rondb', agreed, { REFUSED: 'hops' });
      node.write('tables', rest);
      node.remove('statements');
      return node;
    }

    it('goes on with what is left', async () => {
      const node = await givenRest('shop.a\n');

      const { answer } = await node.run('empty-rondb', agreed);

      expect(answer).toBe('{"dropped":3}');
      expect(node.read('tables')).toBe('');
    });

    it('names a table that came since, and drops nothing', async () => {
      const node = await givenRest('shop.a\nshop.new\n');

      const { code, last } = await node.run('empty-rondb', agreed);

      expect(code).toBe(48);
      expect(last).toContain('tables came since the plan: shop.new.');
      expect(node.has('statements')).toBe(false);
    });

    it('does as a new plan says, whatever the old one was', async () => {
      const node = await givenRest('shop.a\nshop.new\n');

      const { answer } = await node.run('empty-rondb', { tablesSha256: sha256('shop.a\nshop.new\n') });

      expect(answer).toBe('{"dropped":2}');
      expect(node.read(begun)).toBe('shop.a\nshop.new\n');
    });

    it('does not take the list of an old plan for that of a new one', async () => {
      const node = await givenRest('shop.a\n');

      const { code } = await node.run('empty-rondb', { tablesSha256: sha256('other.a\n') });

      expect(code).toBe(48);
    });
  });

  it('drops nothing when a table is not in RonDB, and names it', async () => {
    const node = givenTables();
    node.write('foreign', 'shop.logs (InnoDB)\n');

    const { code, last } = await node.run('empty-rondb', agreed);

    expect(code).toBe(48);
    expect(last).toContain('a table is not in RonDB, so the plan did not name it: shop.logs (InnoDB).');
    expect(node.dropped()).toEqual([]);
  });

  it('names what RonDB still holds afterwards', async () => {
    const node = givenTables();
    node.stub('mysql', 'case "${*: -1}" in *VERSION*) echo 9 ;; *schemata*) echo hops ;; esac');

    const { code, last } = await node.run('empty-rondb', agreed);

    expect(code).toBe(48);
    expect(last).toContain('RonDB still holds hops.a, hops.b, shop.a.');
  });

  it.each([
    ['EmptyingFailed', 'cannot drop a database', { REFUSED: 'shop' }, 'database shop could not be dropped: ERROR 1205'],
    ['SqlServerUnreachable', 'is down', {}, 'mysqld does not answer'],
  ] as const)('is a %s when mysqld %s', async (name, _, environment, cause) => {
    const node = givenTables();
    if (name === 'SqlServerUnreachable') node.stub('mysql', 'echo "ERROR 2002 (HY000): no server" >&2; exit 1');

    const { code, last, answer } = await node.run('empty-rondb', agreed, environment);

    expect({ code, answer }).toEqual({ code: exitCodeOf(name), answer: '' });
    expect(last).toContain(cause);
  });
});
