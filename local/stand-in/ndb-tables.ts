import { fragmentsOf, rowsOf, type State } from './state.ts';
import { connect, connecting, Ending, readOptions, type Say, type Tool } from './tool.ts';

const TABLES = '2';
const LOGFILE_GROUPS = '21';

/** Lists the tables of the data nodes, some of MySQL's own and those that hold blobs among them. */
export const ndbShowTables: Tool = (state, args, say) => {
  const { values } = readOptions('ndb_show_tables', args, {
    ...connecting,
    parsable: { type: 'boolean', short: 'p' },
    type: { type: 'string', short: 't' },
  });
  const isKnown = values.parsable && (values.type === TABLES || values.type === LOGFILE_GROUPS);
  if (!isKnown) throw new Ending(1, 'the stand-in of ndb_show_tables knows only -p, and -t 2 or 21');
  reach(state, values['ndb-connectstring'], say);
  if (values.type === LOGFILE_GROUPS) return;
  const own = ['ndb_schema', 'NDB$BLOB_4_3', 'ndb_apply_status'].map((name) => ['mysql', name]);
  const tables = state.tables.all().flatMap(({ database, name, create }, index) => {
    const blob = / (TEXT|JSON|\w*BLOB)\b/.test(create) ? [[database, `NDB$BLOB_${index}_1`]] : [];
    return [[database, name], ...blob];
  });
  for (const [index, [database, name]] of [...own, ...tables].entries()) {
    say(`${index}\t'UserTable'\t'Online'\t'Yes'\t'${database}'\t'def'\t'${name}'\n`);
  }
};

/** Counts the rows of tables of one database. */
export const ndbSelectCount: Tool = (state, args, say) => {
  const { database, names } = readTables('ndb_select_count', state, args, say);
  for (const name of names) {
    const table = `${database}.${name}`;
    if (state.tables.get(table)) say(`${rowsOf(state, table).length} records in table ${name}\n`);
    else say(` Table ${name} does not exist!\n`);
  }
};

/** Describes tables of one database. */
export const ndbDesc: Tool = (state, args, say) => {
  const { database, names } = readTables('ndb_desc', state, args, say);
  for (const name of names) {
    const table = state.tables.get(`${database}.${name}`);
    if (table === undefined) throw new Ending(1, `No such object: ${name}\n`);
    say(`-- ${name} --\nVersion: ${table.version ?? 1}\n`);
  }
};

/** Drops tables of one database, and stops at the first that is not there. */
export const ndbDropTable: Tool = (state, args, say) => {
  const { database, names } = readTables('ndb_drop_table', state, args, say);
  for (const name of names) {
    const table = `${database}.${name}`;
    say(`Dropping table ${name}...`);
    if (state.tables.get(table) === undefined) {
      say('\n723: No such table existed\n');
      throw new Ending(1);
    }
    for (const fragment of fragmentsOf(state, table)) state.rows.remove(fragment);
    state.tables.remove(table);
    say('OK\n');
  }
};

function readTables(tool: string, state: State, args: string[], say: Say) {
  const { values, positionals } = readOptions(tool, args, { ...connecting, database: { type: 'string', short: 'd' } });
  reach(state, values['ndb-connectstring'], say);
  return { database: values.database, names: positionals };
}

function reach(state: State, server: string | undefined, say: Say): void {
  if (connect(state, server)) return;
  say(`ERROR: Unable to connect with connect string: nodeid=0,${server}\nUnable to connect to management server.\n`);
  throw new Ending(1);
}
