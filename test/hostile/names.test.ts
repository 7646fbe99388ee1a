import { describe, expect, it } from 'vitest';
import { givenDatanode, pool } from '../nodes/datanode.ts';
import { exitCodeOf, givenNode } from '../nodes/given.ts';

const state = 'bucket/practice';
/** One that a list of three columns would take for two tables, and whose second line the script would run as a statement. */
const NAME = 'a\\tmysql.user\\nb\\tc\\t(SELECT 1) x;DROP DATABASE hops;#';

/** A head whose mysqld prints `named` for the query that `asked` picks, and whatever else keeps the script going. */
function givenHead(asked: string, named: string) {
  const node = givenNode();
  node.stub(
    'mysql',
    `printf '%s\\n' "$*" >>"$HOPS_ROOT/told"
case "$*" in
  *'VERSION()'*) echo 9.7.2-cluster ;;
  *"${asked}"*) printf '%s\\n' '${named.replaceAll("'", "'\\''")}' ;;
  -*e*) ;;
  *) cat >>"$HOPS_ROOT/told" ;;
esac`,
  );
  node.stub('mysqldump', `printf '%s\\n' "$@" >>"$HOPS_ROOT/dumped"; echo '-- Dump completed'`);
  return node;
}

describe('a name with a line break, a tab or a zero', () => {
  it.each([
    ['a database', 'dump-metadata', 'schemata', 'a\\nmysql'],
    ['a table', 'dump-metadata', 'CONCAT(table_schema, ', `shop.${NAME}`],
    ['a view', 'dump-metadata', 'information_schema.views', ' ON `shop`.`x\\n` TO '],
    ['an account', 'dump-metadata', 'FROM mysql.user', "'x\\0y'@'%'"],
    ['a database', 'empty-rondb', 'schemata', ' a\\nmysql'],
    ['a table', 'verify-restore', 'ndbcluster', `shop\t${NAME}\t\`shop\`.\`${NAME}\``],
  ])('of %s ends %s by its name, before anything is stored, dropped or counted', async (_, script, asked, named) => {
    const node = givenHead(asked, named);

    const { code, last } = await node.run(script, {
      prefix: script === 'verify-restore' ? 'practice/restores/r' : 'practice/backups/263261030',
    });

    expect({ code, last }).toEqual({
      code: exitCodeOf('NameUnsupported'),
      last: expect.stringContaining(`a name holds a tab, a line break or a zero: ${named.replaceAll('\t', ' ').trimEnd()}`),
    });
    expect(node.read('told')).not.toContain('DROP DATABASE hops');
    expect(node.has(state)).toBe(false);
  });

  it.each([
    ["87\\t'UserTable'\\t'Online'\\t'Yes'\\t'a\\nmysql'\\t'def'\\t't'", 'a database with a line break'],
    ["87\\t'UserTable'\\t'Online'\\t'Yes'\\t'shop'\\t'def'\\t't'\\n1\\t2\\t3'", 'a table whose name looks complete in its first line'],
    ["87\\t'UserTable'\\t'Online'\\t'Yes'\\t'shop'\\t'def'\\t'a\\tb'", 'a table with a tab'],
  ])('is seen in what RonDB lists: %s, %s', async (line) => {
    const node = givenHead('@', '');
    node.stub('ndb_show_tables', `printf "${line}\\n"`);

    const { code, last } = await node.run('empty-rondb');

    expect({ code, last }).toMatchObject({
      code: exitCodeOf('NameUnsupported'),
      last: expect.stringContaining('RonDB has a table whose name holds a tab or a line break'),
    });
  });
});

describe('the name of a file among the blocks of HopsFS', () => {
  it('that HopsFS itself takes for no block is neither read as one nor run, and the blocks beside it are backed up', async () => {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');
    node.givenStorage('dn-2', 'DS-2');
    for (const number of [1, 2]) node.givenBlock('dn-1', number);
    const odd = ['blk_5 x', 'blk_$(touch owned)', 'blk_6\n7', 'blk_1\n9 9 a', 'blk_7_1007.meta.tmp', "blk_8'; touch owned; '", '-rf', '*'];
    for (const name of odd) node.write(`dn-1/current/${pool}/current/finalized/subdir0/subdir0/${name}`, 'odd');
    await node.run('snapshot-blocks');

    const { code, last } = await node.run('upload-blocks');

    expect({ code, last: code === 0 ? '' : last }).toEqual({ code: 0, last: '' });
    expect(node.list('DS-1').map((line) => line.split('/').at(-1))).toEqual(['blk_1', 'blk_1_1001.meta', 'blk_2', 'blk_2_1002.meta']);
    expect(node.sent()).toEqual(['blk_1_1001', 'blk_1_1001.meta', 'blk_2_1002', 'blk_2_1002.meta']);
    expect(Object.keys(node.tree('.')).filter((name) => name.endsWith('owned'))).toEqual([]);
  });
});

describe('a name that looks like an option', () => {
  it('is a name to mysqldump', async () => {
    const node = givenHead('schemata', '--result-file=owned');

    const { code, stderr } = await node.run('dump-metadata');

    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(node.read('dumped')).toContain('--databases\n--\n--result-file=owned\n');
  });

  it('keeps the blank that it begins with, and no other database is dropped in its place', async () => {
    const node = givenHead('schemata', ' shop');

    await node.run('empty-rondb');

    expect(node.read('told')).toContain('DROP DATABASE ` shop`');
    expect(node.read('told')).not.toContain('DROP DATABASE `shop`');
  });
});
