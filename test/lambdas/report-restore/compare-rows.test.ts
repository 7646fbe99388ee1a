import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareRows } from '../../../lambdas/report-restore/compare-rows.ts';
import { formatSelection, type Selection } from '../../../model/selection.ts';

type Tables = Readonly<Record<string, number>>;

function compared(recorded: Tables | undefined, restored: Tables, logRecords = 0, selection: Selection = {}) {
  return compareRows({
    recorded: recorded && new Map(Object.entries(recorded)),
    logRecords,
    restored: new Map(Object.entries(restored)),
    selection: formatSelection(selection),
  });
}
const outcomes = ({ tables }: ReturnType<typeof compared>) => Object.fromEntries(tables.map(({ table, outcome }) => [table, outcome]));

describe('rows that came back', () => {
  it('are the same when every table has as many as recorded', () => {
    const rows = compared({ 'shop.a': 3, 'shop.b': 0 }, { 'shop.a': 3, 'shop.b': 0 });

    expect(rows).toEqual({
      comparison: 'same',
      restored: 3,
      difference: 0,
      logRecords: 0,
      tables: [
        { table: 'shop.a', recorded: 3, restored: 3, outcome: 'equal' },
        { table: 'shop.b', recorded: 0, restored: 0, outcome: 'equal' },
      ],
    });
  });

  it.each([
    ['fewer', 2],
    ['more', 4],
  ])('differ when a table has %s and nothing was written during the backup', (_what, restored) => {
    const rows = compared({ 'shop.a': 3 }, { 'shop.a': restored });

    expect(rows).toMatchObject({ comparison: 'differs', difference: 1, tables: [{ recorded: 3, restored, outcome: 'differs' }] });
  });

  it('may differ by as many as were changed during the backup, all tables together', () => {
    const recorded = { 'shop.a': 10, 'shop.b': 10, 'shop.c': 10 };
    const restored = { 'shop.a': 13, 'shop.b': 8, 'shop.c': 10 };

    expect(compared(recorded, restored, 5)).toMatchObject({ comparison: 'same', difference: 5, logRecords: 5 });
    expect(outcomes(compared(recorded, restored, 5))).toEqual({ 'shop.a': 'explained', 'shop.b': 'explained', 'shop.c': 'equal' });
    expect(compared(recorded, restored, 4).comparison).toBe('differs');
    expect(outcomes(compared(recorded, restored, 4))).toEqual({ 'shop.a': 'differs', 'shop.b': 'differs', 'shop.c': 'equal' });
  });

  it('differ when a table is not there, however much was written during the backup, and though it had no rows', () => {
    const rows = compared({ 'shop.a': 0 }, {}, 1_000);

    expect(rows).toMatchObject({ comparison: 'differs', tables: [{ table: 'shop.a', restored: null, outcome: 'missing' }] });
  });

  it('differ when a table has rows of which the backup knows nothing', () => {
    expect(outcomes(compared({ 'shop.a': 1 }, { 'shop.a': 1, 'shop.b': 7, 'shop.c': 0 }))).toMatchObject({
      'shop.b': 'differs',
      'shop.c': 'equal',
    });
  });

  it('are never the same when the backup records none', () => {
    const rows = compared(undefined, { 'shop.a': 3 });

    expect(rows).toMatchObject({ comparison: 'not-compared', restored: 3, tables: [{ recorded: null, outcome: 'not-compared' }] });
  });

  it('are listed with what is missing first, then by how much they differ, then by name', () => {
    const recorded = { 'a.equal': 1, 'b.equal': 1, 'c.few': 5, 'd.many': 90, 'e.gone': 1, 'f.gone': 2, 'hopsworks.hosts': 3 };
    const restored = { 'b.equal': 1, 'a.equal': 1, 'c.few': 4, 'd.many': 9, 'hopsworks.hosts': 0 };

    const { tables } = compared(recorded, restored);

    expect(tables.map(({ table }) => table)).toEqual(['f.gone', 'e.gone', 'd.many', 'c.few', 'hopsworks.hosts', 'a.equal', 'b.equal']);
  });
});

describe('what a restore leaves out on purpose', () => {
  it('is no difference: rows of hosts, timers, and what belongs to MySQL', () => {
    const recorded = {
      'hopsworks.hosts': 5,
      'hopsworks.host_services': 50,
      'glassfish_timers.EJB__TIMER__TBL': 2,
      'mysql.ndb_apply_status': 1,
    };

    const rows = compared(recorded, { 'hopsworks.hosts': 0, 'hopsworks.host_services': 1 });

    expect(rows).toMatchObject({ comparison: 'same', difference: 0 });
    expect(outcomes(rows)).toEqual({ 'hopsworks.hosts': 'left-out', 'hopsworks.host_services': 'left-out' });
  });

  it('is what the scripts leave out', () => {
    const script = (name: string) => readFileSync(new URL(`../../../nodes/${name}.sh`, import.meta.url), 'utf8');
    const withoutRows = /\$excluded_tables,([^"]+)"/.exec(script('restore-rondb-data'))?.[1]?.split(',') ?? [];
    const [, databases = ''] = /^own_databases='(.*)'$/m.exec(script('rondb')) ?? [];
    const foreign = databases.split('|').map((database) => `${database}.any`);

    const rows = compared(Object.fromEntries([...withoutRows, ...foreign].map((table) => [table, 1])), {
      ...Object.fromEntries(withoutRows.map((table) => [table, 0])),
    });

    expect(withoutRows.length + foreign.length).toBe(8);
    expect(outcomes(rows)).toEqual(Object.fromEntries(withoutRows.map((table) => [table, 'left-out'])));
  });
});

describe('a restore of a part', () => {
  const recorded = { 'a.one': 1, 'a.two': 2, 'ab.one': 3, 'b.one': 4, 'hopsworks.hosts': 5 };

  it.each<[string, Selection, Tables]>([
    ['a database', { include: { databases: ['a'] } }, { 'a.one': 1, 'a.two': 2 }],
    ['a database and a table', { include: { databases: ['ab'], tables: ['a.two'] } }, { 'ab.one': 3, 'a.two': 2 }],
    ['a database but for a table', { include: { databases: ['a'] }, exclude: { tables: ['a.two'] } }, { 'a.one': 1 }],
    ['a database under another name', { include: { databases: ['a', 'b'] }, rename: { a: 'x' } }, { 'x.one': 1, 'x.two': 2, 'b.one': 4 }],
    ['all but databases', { exclude: { databases: ['a', 'hopsworks'] } }, { 'ab.one': 3, 'b.one': 4 }],
  ])('is compared with that part: %s', (_what, selection, restored) => {
    const rows = compared(recorded, restored, 0, selection);

    expect(rows.comparison).toBe('same');
    expect(outcomes(rows)).toEqual(Object.fromEntries(Object.keys(restored).map((table) => [table, 'equal'])));
  });

  it('differs when a table of the part is missing', () => {
    const rows = compared(recorded, { 'x.one': 1 }, 0, { include: { databases: ['a'] }, rename: { a: 'x' } });

    expect(outcomes(rows)).toEqual({ 'x.one': 'equal', 'x.two': 'missing' });
  });

  it('says nothing of tables that live beside it', () => {
    const rows = compared(recorded, { 'a.one': 1, 'a.two': 2, 'a.three': 9 }, 0, { include: { databases: ['a'] } });

    expect(outcomes(rows)).toEqual({ 'a.one': 'equal', 'a.two': 'equal' });
  });

  it('leaves the rows of hosts out under another name, too', () => {
    const rows = compared(recorded, { 'x.hosts': 0 }, 0, { include: { databases: ['hopsworks'] }, rename: { hopsworks: 'x' } });

    expect(outcomes(rows)).toEqual({ 'x.hosts': 'left-out' });
  });
});
