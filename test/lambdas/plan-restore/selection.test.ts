import { describe, expect, it } from 'vitest';
import { readInspection } from '../../../lambdas/inspection.ts';
import { checkSelection } from '../../../lambdas/plan-restore/selection.ts';
import { CLUSTER, manifest } from '../../fixtures/backup.ts';
import { inspection } from '../../fixtures/inspection.ts';
import { notebook, withTables } from './given.ts';

const backup = withTables('shop.orders', 'shop.items', 'hops.inodes');
function check(request: object, living: string[] = [], { of = backup, begun = false, count = living.length } = {}) {
  const { notes, refused, warned } = notebook();
  const nodes = inspection(undefined, living, { userTableCount: count });
  checkSelection(of, { cluster: CLUSTER, backup: 'latest', ...request }, readInspection(nodes), begun, notes);
  return { refused, names: refused.map(({ name }) => name), warned };
}

describe('a selection', () => {
  it.each([
    ['a database', { include: { databases: ['shop'] } }],
    ['a table', { include: { tables: ['hops.inodes'] } }],
    ['all but a database', { exclude: { databases: ['hops'] } }],
    ['all', {}],
  ])('of %s that the backup has is no obstacle', (_what, request) => {
    expect(check(request)).toMatchObject({ refused: [], warned: [] });
  });

  it.each([
    ['an unknown database', { include: { databases: ['shop', 'shopp'] } }, 'shopp'],
    ['an unknown table', { include: { tables: ['shop.order'] } }, 'shop.order'],
    ['less a database that is not there', { exclude: { databases: ['hop'] } }, 'hop'],
    ['less a table that is not there', { exclude: { tables: ['hops.inode'] } }, 'hops.inode'],
  ])('of %s is refused, naming it and what there is', (_what, request, name) => {
    const { refused } = check(request);

    expect(refused).toMatchObject([{ name: 'SelectionUnknown' }]);
    expect(refused[0]?.message).toContain(`no tables of ${name}; it has those of shop, hops.`);
  });

  it('is not judged by a backup that does not record its tables, which is said of a part', () => {
    const old = manifest();

    expect(check({ exclude: { databases: ['other'] } }, [], { of: old })).toMatchObject({ refused: [], warned: [] });
    expect(check({ include: { databases: ['other'] } }, [], { of: old }).warned).toEqual([expect.stringContaining('does not record')]);
  });

  it('is refused when two tables would get one name', () => {
    const two = withTables('a.t', 'b.t');

    const { refused } = check({ include: { databases: ['a', 'b'] }, rename: { a: 'b' } }, [], { of: two });

    expect(refused).toEqual([{ name: 'RequestInvalid', message: expect.stringContaining('rename: two tables would become b.t.') }]);
  });
});

describe('tables that the target holds', () => {
  it('are in the way of a whole cluster, unless they are replaced or those of this restore', () => {
    expect(check({}, ['other.t']).names).toEqual(['TargetNotEmpty']);
    expect(check({ exclude: { databases: ['hops'] } }, ['other.t']).names).toEqual(['TargetNotEmpty']);
    expect(check({ replace: true }, ['other.t']).names).toEqual([]);
    expect(check({}, ['other.t'], { begun: true }).names).toEqual([]);
  });

  it.each([
    ['other tables', { include: { databases: ['shop'] } }, ['other.t', 'hops.inodes'], []],
    ['one of the same name', { include: { databases: ['shop'] } }, ['shop.items', 'other.t'], ['TargetNotEmpty']],
    ['the original of a renamed one', { include: { databases: ['shop'] }, rename: { shop: 'old' } }, ['shop.items'], []],
    ['one of the new name', { include: { databases: ['shop'] }, rename: { shop: 'old' } }, ['old.items'], ['TargetNotEmpty']],
  ])('are in the way of a part only by their names: %s', (_what, request, living, names) => {
    const { refused, warned } = check(request, living);

    expect(refused.map(({ name }) => name)).toEqual(names);
    expect(warned).toEqual('rename' in request ? [expect.stringContaining('Foreign keys do not come with a database')] : []);
  });

  it('may be more than are known: then a part is warned of, and refused on the node', () => {
    const { refused, warned } = check({ include: { databases: ['shop'] } }, ['other.t'], { count: 300 });

    expect(refused).toEqual([]);
    expect(warned).toEqual([expect.stringContaining('only 1 of 300 tables are known here')]);
  });

  it('are known by name of included tables, also when the backup does not record its own', () => {
    const { names } = check({ include: { tables: ['shop.items'] } }, ['shop.items'], { of: manifest() });

    expect(names).toEqual(['TargetNotEmpty']);
  });
});
