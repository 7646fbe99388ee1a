import { describe, expect, it } from 'vitest';
import { choiceSchema, formatSelection, renameSchema, type Selection, selectionPattern } from '../../model/selection.ts';

describe('a selection', () => {
  it.each<[string, Selection, string]>([
    ['everything', {}, 'all'],
    ['some databases', { include: { databases: ['hops', 'shop_featurestore'] } }, 'include-databases=hops,shop_featurestore'],
    ['all but a table', { exclude: { tables: ['hops.hdfs_inodes'] } }, 'exclude-tables=hops.hdfs_inodes'],
    [
      'databases and tables, but not all of them, under new names',
      {
        include: { databases: ['shop', 'cafe'], tables: ['hops.a'] },
        exclude: { databases: ['x'], tables: ['shop.b', 'shop.c'] },
        rename: { shop: 'shop_old', cafe: 'cafe-2' },
      },
      'include-databases=shop,cafe;include-tables=hops.a;exclude-databases=x;exclude-tables=shop.b,shop.c;rewrite-database=shop,shop_old;rewrite-database=cafe,cafe-2',
    ],
  ])('of %s is what the node scripts take', (_, selection, expected) => {
    const formatted = formatSelection(selection);

    expect(formatted).toBe(expected);
    expect(formatted).toMatch(new RegExp(selectionPattern));
  });

  it.each(['', 'all;all', 'include-databases=', 'include-databases=a b', 'include-tables=a', 'rewrite-database=a', 'rewrite-database=a,b,c',
    'include-databases=a;', 'skip-broken-objects', 'include-databases=$(id)', 'include-databases=a --print'])(
    'cannot be %j on a node', (text) => {
      expect(text).not.toMatch(new RegExp(selectionPattern));
    },
  ); // biome-ignore format: one list

  it.each([
    [{}],
    [{ databases: [] }],
    [{ databases: ['a.b'] }],
    [{ tables: ['a'] }],
    [{ tables: ["a.odd-name's table"] }],
    [{ views: ['a'] }],
  ])('is not made from %j', (choice) => {
    expect(choiceSchema.safeParse(choice).success).toBe(false);
  });

  it.each([
    ['a database of MySQL', { shop: 'mysql' }, 'a database of users'],
    ['a database of MySQL in capitals', { shop: 'NDBINFO' }, 'a database of users'],
    ['the same name twice', { shop: 'copy', cafe: 'copy' }, 'differ from each other'],
    ["another's old name", { shop: 'cafe', cafe: 'shop' }, 'differ from each other'],
    ['its own name', { shop: 'shop' }, 'differ from each other'],
  ])('gives no database %s', (_, rename, reason) => {
    const { success, error } = renameSchema.safeParse(rename);

    expect(success).toBe(false);
    expect(error?.issues[0]?.message).toContain(reason);
  });
});
