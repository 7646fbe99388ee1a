import { asking, requireServer } from './mysql.ts';
import { backquote } from './sql-names.ts';
import type { ObjectKind, State } from './state.ts';
import { Ending, readOptions, type Tool } from './tool.ts';

const flag = { type: 'boolean' } as const;

/** Dumps databases without tables and rows: what else they hold, in the frame that the real one prints. */
export const mysqldump: Tool = (state, args, say) => {
  const { values, positionals: databases } = readOptions('mysqldump', args, {
    ...asking,
    'set-gtid-purged': { type: 'string' },
    'skip-lock-tables': flag,
    'no-tablespaces': flag,
    'skip-dump-date': flag,
    'no-data': flag,
    routines: flag,
    events: flag,
    triggers: flag,
    'skip-triggers': flag,
    'add-drop-trigger': flag,
    'no-create-info': flag,
    'no-create-db': flag,
    'ignore-table': { type: 'string', multiple: true },
    databases: flag,
  });
  requireServer(state, values.socket);
  const ignored = values['ignore-table'] ?? [];
  const table = state.tables.all().find(({ database, name }) => databases.includes(database) && !ignored.includes(`${database}.${name}`));
  if (!values['no-create-info'] && table) throw new Ending(2, `mysqldump: the stand-in dumps no tables, and ${table.name} is one`);

  const kinds: ObjectKind[] = [
    ...(values.events ? (['EVENT'] as const) : []),
    ...(values.routines ? (['FUNCTION', 'PROCEDURE'] as const) : []),
    ...(values.triggers ? (['TRIGGER'] as const) : []),
    ...(values['no-create-info'] ? [] : (['VIEW'] as const)),
  ];
  say(`-- MySQL dump 10.13  Distrib 9.7.2, for Linux (x86_64)\n--\n-- Host: localhost    Database: ${databases[0]}\n`);
  say('-- ------------------------------------------------------\n-- Server version\t9.7.2-cluster\n\n');
  say("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n");
  for (const database of databases) {
    const options = state.databases.get(database);
    if (options === undefined)
      throw new Ending(2, `mysqldump: Got error: 1049: Unknown database '${database}' when selecting the database`);
    const name = backquote(database);
    say(`\n--\n-- Current Database: ${name}\n--\n`);
    if (!values['no-create-db']) say(`\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ ${name} ${options};\n`);
    say(`\nUSE ${name};\n`);
    for (const kind of kinds) say(objectsOf(state, database, kind));
  }
  say('/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n\n-- Dump completed\n');
};

function objectsOf(state: State, database: string, kind: ObjectKind): string {
  const found = state.objects.all().filter((object) => object.database === database && object.kind === kind);
  const texts = found.map(({ name, create }) => {
    const drop = `/*!50003 DROP ${kind} IF EXISTS ${backquote(name)} */;\n`;
    return `${drop}DELIMITER ;;\n${create} ;;\nDELIMITER ;\n`;
  });
  return texts.join('');
}
