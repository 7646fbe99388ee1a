import { describe, expect, it } from 'vitest';
import { backupRequestSchema, restoreRequestSchema } from '../../model/request.ts';

const badIds = [
  'latest ',
  '26326103',
  '2632610300',
  '26326103O',
  '263671030',
  '263262530',
  '263261060',
  '263261030\n',
  ' 263261030',
  '٢٦٣٢٦١٠٣٠',
  '２６３２６１０３０',
  '4294967295',
  '../263261',
  '',
  263261030,
  null,
];

describe('a backup request', () => {
  it.each([
    { cluster: 'example' },
    { cluster: 'example', backupId: '263261030' },
    { cluster: 'example', keep: 'before the upgrade to 4.2, für Übung' },
  ])('may be %j', (request) => {
    expect(backupRequestSchema.parse(request)).toEqual(request);
  });

  it.each(['', '  ', 'one\ntwo', 'a\u0000b', 'x'.repeat(201), 7, null, true])('is refused with %j as the reason to keep it', (keep) => {
    expect(backupRequestSchema.safeParse({ cluster: 'example', keep }).success).toBe(false);
  });

  it('is refused when one that was begun already is to be kept', () => {
    expect(backupRequestSchema.safeParse({ cluster: 'example', backupId: '263261030', keep: 'audit' }).success).toBe(false);
  });

  it.each(badIds)('is refused with the backup id %j', (backupId) => {
    expect(backupRequestSchema.safeParse({ cluster: 'example', backupId }).success).toBe(false);
  });

  it.each([
    ['without a cluster', {}],
    ['with an unknown field', { cluster: 'example', force: true }],
    ['with capital letters in the cluster', { cluster: 'Example' }],
    ['with a path as cluster', { cluster: 'a/../b' }],
    ['with an empty cluster', { cluster: '' }],
    ['with a line break in the cluster', { cluster: 'example\n' }],
    ['with a cluster of 41 characters', { cluster: 'a'.repeat(41) }],
    ['that is a list', [{ cluster: 'example' }]],
    ['that is text', 'example'],
    ['that is null', null],
  ])('is refused %s', (_what, request) => {
    expect(backupRequestSchema.safeParse(request).success).toBe(false);
  });
});

describe('a restore request', () => {
  it.each([
    { cluster: 'example', backup: 'latest' },
    { cluster: 'example', backup: '263261030' },
    { cluster: 'example', backup: 'latest', confirm: 'example' },
    { cluster: 'example', before: '2026-11-22T10:30:00Z' },
    { cluster: 'example', backup: 'latest', replace: true, users: 'replace' },
    { cluster: 'example', backup: 'latest', exclude: { databases: ['shop'], tables: ['hops.hdfs_users'] } },
    { cluster: 'example', backup: 'latest', include: { databases: ['shop', 'other-1'] }, rename: { shop: 'shop_2' }, users: 'none' },
    { cluster: 'example', backup: 'latest', include: { tables: ['shop.orders_1'] } },
    { cluster: 'example', before: '2026-11-22T10:30:00.123+01:00', confirm: 'example' },
  ])('may be %j', (request) => {
    expect(restoreRequestSchema.parse(request)).toEqual(request);
  });

  it.each(badIds)('is refused with the backup %j', (backup) => {
    expect(restoreRequestSchema.safeParse({ cluster: 'example', backup }).success).toBe(false);
  });

  it.each([
    ['without a backup or a time', { cluster: 'example' }],
    ['with both a backup and a time', { cluster: 'example', backup: 'latest', before: '2026-11-22T10:30:00Z' }],
    ['with a time without zone', { cluster: 'example', before: '2026-11-22T10:30:00' }],
    ['with a time without seconds', { cluster: 'example', before: '2026-11-22T10:30Z' }],
    ['with a day as time', { cluster: 'example', before: '2026-11-22' }],
    ['with a day that is none', { cluster: 'example', before: '2026-02-30T10:30:00Z' }],
    ['with a number as time', { cluster: 'example', before: 1795343400000 }],
    ['with an unknown field', { cluster: 'example', backup: 'latest', force: true }],
    ['with a replace that is not true', { cluster: 'example', backup: 'latest', replace: false }],
    ['that replaces with a part', { cluster: 'example', backup: 'latest', replace: true, include: { databases: ['shop'] } }],
    ['that includes nothing', { cluster: 'example', backup: 'latest', include: {} }],
    ['that includes no database', { cluster: 'example', backup: 'latest', include: { databases: [] } }],
    [
      'with a database that could be an option',
      { cluster: 'example', backup: 'latest', include: { databases: ['shop;rewrite-database=a,b'] } },
    ],
    ['with a table without its database', { cluster: 'example', backup: 'latest', exclude: { tables: ['orders_1'] } }],
    ['that renames what it does not include', { cluster: 'example', backup: 'latest', rename: { shop: 'shop_2' } }],
    [
      'that renames into another path',
      { cluster: 'example', backup: 'latest', include: { databases: ['shop'] }, rename: { shop: '../x' } },
    ],
    ['with users that are none of the words', { cluster: 'example', backup: 'latest', users: 'all' }],
    ['with a confirm that is not a name', { cluster: 'example', backup: 'latest', confirm: true }],
  ])('is refused %s', (_what, request) => {
    expect(restoreRequestSchema.safeParse(request).success).toBe(false);
  });
});
