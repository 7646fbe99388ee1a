import { describe, expect, it } from 'vitest';
import { patternOf } from '../../model/actions.ts';
import { servicesSchema } from '../../model/units.ts';

const { stop, start } = servicesSchema.parse({});
const unitsOf = (phases: typeof stop) => phases.flatMap(({ role, units }) => units.map((unit) => `${role}: ${unit}`));
const startedElsewhere = ['head: epipe'];

describe('the services of a Hopsworks deployment', () => {
  it('all start again, but those that a step of its own starts', () => {
    expect(unitsOf(start).sort()).toEqual(
      unitsOf(stop)
        .filter((unit) => !startedElsewhere.includes(unit))
        .sort(),
    );
    expect(unitsOf(stop)).toEqual(expect.arrayContaining(startedElsewhere));
  });

  it('stop with Hopsworks first, and start with Hopsworks before what works with it', () => {
    expect(unitsOf(stop).at(0)).toBe('head: glassfish-domain1');
    expect(unitsOf(start).indexOf('head: glassfish-domain1')).toBeLessThan(unitsOf(start).indexOf('head: onlinefs'));
  });

  it('do not hold what keeps running because the restore itself needs it, nor HopsFS, which is stopped where the cluster file has it', () => {
    const kept = ['namenode', 'datanode', 'mysqld', 'ndbmtd', 'ndb_mgmd', 'kafka', 'zookeeper', 'opensearch', 'consul', 'docker'];

    expect([...stop, ...start].flatMap(({ units }) => units).filter((unit) => kept.includes(unit))).toEqual([]);
  });

  it('are units that a step can be told', () => {
    const phases = [...stop, ...start].map(({ units }) => units.join('+'));

    expect(phases.filter((units) => !patternOf('units').test(units))).toEqual([]);
  });
});

describe('the services of a cluster file', () => {
  it('may be none', () => {
    expect(servicesSchema.parse({ stop: [], start: [] })).toEqual({ stop: [], start: [] });
  });

  it.each([
    ['a path', { role: 'head', units: ['/etc/epipe.service'] }],
    ['a phase without units', { role: 'head', units: [] }],
    ['an unknown role', { role: 'worker', units: ['epipe'] }],
    ['two units in one', { role: 'head', units: ['epipe+onlinefs'] }],
  ])('are refused: %s', (_, phase) => {
    expect(servicesSchema.safeParse({ stop: [phase] }).success).toBe(false);
  });
});
