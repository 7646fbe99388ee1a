import { mysql } from './mysql.ts';
import { mysqldump } from './mysqldump.ts';
import { ndbConfig } from './ndb-config.ts';
import { ndbMgm } from './ndb-mgm.ts';
import { ndbRestore } from './ndb-restore.ts';
import { ndbDesc, ndbDropTable, ndbSelectCount, ndbShowTables } from './ndb-tables.ts';
import type { Tool } from './tool.ts';

/** Every program that the stand-in offers; test/contracts has each of them. */
export const tools: Readonly<Record<string, Tool>> = {
  mysql,
  mysqldump,
  ndb_config: ndbConfig,
  ndb_desc: ndbDesc,
  ndb_drop_table: ndbDropTable,
  ndb_mgm: ndbMgm,
  ndb_restore: ndbRestore,
  ndb_select_count: ndbSelectCount,
  ndb_show_tables: ndbShowTables,
};
