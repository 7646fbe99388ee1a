import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, sha256 } from './given.ts';

const given = { prefix: 'practice/restores/run-1' };
const rows = 'bucket/practice/restores/run-1/rows.list';

describe('verify-restore', () => {
  /** A mysqld that knows three tables, and whose client prints backslashes twice; each table has 7 rows. `count` may refuse. */
  function givenHead(count = 'true') {
    const node = givenNode();
    node.stub('sleep', 'true');
    node.stub(
      'mysql',
      `case "$*" in
  *VERSION*) echo 8.0.35 ;;
  *"engine = 'ndbcluster'"*) printf '%s\\t%s\\t%s\\n' shop orders '\`shop\`.\`orders\`' hops "it's \\\\\\\\" '\`hops\`.\`it'"'"'s \\\\\`' copy orders '\`copy\`.\`orders\`' ;;
  *)
    ${count}
    tee -a "$HOPS_ROOT/told" | sed -nE "s/^SELECT '(.*)', COUNT.*/\\1\\t7/p"
    ;;
esac`,
    );
    return node;
  }

  it('stores the rows of every table by name, and their sum', async () => {
    const node = givenHead();

    const { stdout } = await node.run('verify-restore', given);

    expect(node.read(rows)).toBe("copy.orders\t7\nhops.it\\'s \\\\\t7\nshop.orders\t7\n");
    expect(node.read('told')).toContain("SELECT 'hops.it\\'s \\\\', COUNT(*) FROM `hops`.`it's \\`;\n");
    expect(answers.VerifyRestore.parse(JSON.parse(stdout))).toEqual({ tables: 3, rows: 21, listSha256: sha256(node.read(rows)) });
  });

  it.each([
    ['include-databases=shop', ['shop.orders']],
    ['include-databases=shop;rewrite-database=shop,copy', ['copy.orders']],
    ['include-tables=shop.orders;exclude-databases=hops', ['shop.orders']],
    ['exclude-databases=shop', ['copy.orders', "hops.it\\'s \\\\"]],
    ['include-databases=shop,hops;exclude-tables=shop.orders', ["hops.it\\'s \\\\"]],
  ])('counts what %s has restored', async (selection, tables) => {
    const node = givenHead();

    await node.run('verify-restore', { ...given, selection });

    expect(node.read(rows)).toBe(tables.map((table) => `${table}\t7\n`).join(''));
  });

  it('counts again when a table was dropped meanwhile', async () => {
    const once = '[[ -f $HOPS_ROOT/met ]] || { touch "$HOPS_ROOT/met"; echo "ERROR 1146 (42S02): gone" >&2; exit 1; }';

    const { stdout } = await givenHead(once).run('verify-restore', given);

    expect(JSON.parse(stdout)).toMatchObject({ tables: 3 });
  });

  it('stores no list that it could not complete', async () => {
    const node = givenHead('echo "ERROR 1296 (HY000): Got error 157" >&2; exit 1');

    const { code, last, answer } = await node.run('verify-restore', given);

    expect({ code, answer }).toEqual({ code: 49, answer: '' });
    expect(last).toContain('the rows cannot be counted: ERROR 1296');
    expect(node.has(rows)).toBe(false);
  });

  it('may run twice', async () => {
    const node = givenHead();
    const first = await node.run('verify-restore', given);

    const second = await node.run('verify-restore', given);

    expect(second.answer).toBe(first.answer);
  });

  it.each<[string, string, Record<string, string>, number]>([
    ['mysqld does not answer', 'echo "ERROR 2002" >&2; exit 1', {}, 17],
    ['mysqld names no tables', `[[ $* == *VERSION* ]] || { echo "ERROR 1290" >&2; exit 1; }; echo 8.0.35`, {}, 49],
    ['the bucket refuses', '', { AWS_FAILS: 'put-object' }, 26],
  ])('says that %s', async (_, mysql, environment, expected) => {
    const node = givenHead();
    if (mysql) node.stub('mysql', mysql);

    const { code } = await node.run('verify-restore', given, environment);

    expect(code).toBe(expected);
  });
});
