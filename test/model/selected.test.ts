import { describe, expect, it } from 'vitest';
import { readSelection } from '../../model/selected.ts';
import { formatSelection } from '../../model/selection.ts';

const restored = (selection: string, ...tables: string[]) => tables.flatMap((table) => readSelection(selection).restoredAs(table) ?? []);

describe('reading a selection', () => {
  it.each([
    ['all', ['shop.orders', 'hops.inodes']],
    ['include-databases=shop', ['shop.orders']],
    ['include-tables=hops.inodes', ['hops.inodes']],
    ['include-databases=shop;include-tables=hops.inodes', ['shop.orders', 'hops.inodes']],
    ['include-databases=shop,hops;exclude-tables=shop.orders', ['hops.inodes']],
    ['exclude-databases=hops', ['shop.orders']],
    ['include-databases=sho', []],
  ])('finds what %s restores', (selection, tables) => {
    expect(restored(selection, 'shop.orders', 'hops.inodes')).toEqual(tables);
  });

  it.each(['mysql.user', 'glassfish_timers.EJB__TIMER__TBL', 'ndbinfo.nodes'])('never restores %s', (table) => {
    expect(restored('all', table)).toEqual([]);
  });

  it('gives each table of a renamed database its new name, and no other', () => {
    const selection = formatSelection({ include: { databases: ['shop', 'hops'] }, rename: { shop: 'shop_old' } });

    expect(restored(selection, 'shop.orders', 'hops.inodes', 'shop2.orders')).toEqual(['shop_old.orders', 'hops.inodes']);
  });

  it('is a part only when something is included', () => {
    expect(['all', 'exclude-databases=hops', 'include-tables=a.b'].map((selection) => readSelection(selection).isPart)).toEqual([
      false,
      false,
      true,
    ]);
  });
});
