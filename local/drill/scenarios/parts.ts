import type { Fingerprint } from '../../cluster/fingerprint.ts';
import type { Scenario } from '../scenario.ts';

const PROJECT = 'shop_featurestore';
const COPY = 'shop_restored';

const databaseOf = (entry: string) => /^(?:create table|[a-z]+) ([^.\s]+)/.exec(entry)?.[1];
const isTable = (entry: string) => /^(create table|table|database) /.test(entry);

function chosen({ entries }: Fingerprint, isChosen: (entry: string) => boolean): Fingerprint {
  return { entries: Object.fromEntries(Object.entries(entries).filter(([entry]) => isChosen(entry))) };
}

/** Grants on single tables of a database go with it: MySQL knows none on tables that are not there. */
function withoutGrantsOn(database: string, { entries }: Fingerprint): Fingerprint {
  const isOther = (line: string) => !line.includes(`ON \`${database}\`.\``);
  const rest = (entry: string, value: string) => (entry.startsWith('grants ') ? value.split('\n').filter(isOther).join('\n') : value);
  return { entries: Object.fromEntries(Object.entries(entries).map(([entry, value]) => [entry, rest(entry, value)])) };
}

/** The tables of a database under its new name. */
function renamed(before: Fingerprint): Fingerprint {
  const { entries } = chosen(before, (entry) => isTable(entry) && databaseOf(entry) === PROJECT);
  const rename = (text: string) => text.replaceAll(PROJECT, COPY);
  return {
    entries: Object.fromEntries(
      Object.entries(entries).map(([entry, value]) => [rename(entry), entry.startsWith('database ') ? rename(value) : value]),
    ),
  };
}

export const replace: Scenario = {
  name: 'replace',
  happens: 'A Hopsworks that runs on two heads, and holds tables, shall go back to its backup; rows and views were changed since.',
  proves: 'With "replace" its databases are dropped first, in every mysqld and after its services have stopped; without, it is refused.',
  hopsworks: 'none',
  heads: 2,
  async play(stage) {
    await stage.backUp();
    await stage.drill.cluster.change();
    await stage.refuses('TargetNotEmpty');
    await stage.restore({ replace: true });
    await stage.expectSame();
  },
};

export const oneProject: Scenario = {
  name: 'one-project',
  happens: "Rows of one project's feature store were deleted; its database is restored under another name beside the living one.",
  proves: 'The copy holds what the backup recorded, and nothing of the living cluster changed.',
  async play(stage) {
    await stage.backUp();
    await stage.drill.cluster.change();
    const living = await stage.drill.fingerprint();
    await stage.restore({ include: { databases: [PROJECT] }, rename: { [PROJECT]: COPY } });
    await stage.expectSame({ entries: { ...living.entries, ...renamed(stage.before).entries } });
  },
};

export const someTables: Scenario = {
  name: 'some-tables',
  happens: 'Into new, empty nodes all databases but one are restored, and of that one two tables later.',
  proves: '"exclude" leaves out exactly what it names, and "include" brings exactly what it names beside what lives there.',
  async play(stage) {
    await stage.backUp();
    await stage.loseAll();
    const isLeftOut = (entry: string) => databaseOf(entry) === PROJECT;
    await stage.restore({ exclude: { databases: [PROJECT] } });
    const before = withoutGrantsOn(PROJECT, stage.before);
    await stage.expectSame(chosen(before, (entry) => !isLeftOut(entry)));
    const tables = [`${PROJECT}.orders_1`, `${PROJECT}.customers_1`];
    await stage.restore({ include: { tables } });
    const isRestored = (entry: string) =>
      entry === `database ${PROJECT}` || tables.some((table) => entry.startsWith(`table ${table} `) || entry === `create table ${table}`);
    await stage.expectSame(chosen(before, (entry) => !isLeftOut(entry) || isRestored(entry)));
  },
};
