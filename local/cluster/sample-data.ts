import { readFile } from 'node:fs/promises';

/**
 * The scripts that fill an empty cluster: tables of many shapes; and for each mysqld, in which they live, users, then views, routines,
 * triggers and an event. `rows` is the size of the biggest table, hops.hdfs_inodes; rows depend on nothing else.
 */
export async function sampleData(rows: number): Promise<{ tables: string; ofEachServer: string }> {
  const [tables, users, objects] = await Promise.all(['tables', 'users', 'objects'].map(read));
  return { tables: [tables, ...fillings(rows).flatMap(inserts), ''].join('\n'), ofEachServer: [users, objects].join('\n') };
}

function read(name: string): Promise<string> {
  return readFile(new URL(`sample-data/${name}.sql`, import.meta.url), 'utf8');
}

/** A table, its number of rows, and the values of row number `i`, counted from 1. */
type Filling = readonly [table: string, rows: number, values: string];

function fillings(rows: number): Filling[] {
  // Also small tables get some rows in every fragment.
  const share = (part: number) => Math.ceil(Math.max(100, rows * part));
  const [users, projects, customers] = [share(0.01), share(0.02), share(0.1)];
  // Parents come before their children, and within hopsworks.project they have higher numbers.
  return [
    ['hops.hdfs_variables', 100, `i, ${noise(3)}`],
    ['hops.hdfs_users', projects, `i, CONCAT('project', i, '__meb10000')`],
    ['hops.hdfs_groups', projects, `i, CONCAT('project', i)`],
    ['hops.hdfs_users_groups', projects, 'i, i'],
    [
      'hops.hdfs_inodes',
      rows,
      `i % 97, i DIV 50, CONCAT('part-', i, '.parquet'), i, 1 + i % ${projects}, 1700000000000 + i, IF(i % 10, 493, NULL), i % 50 = 0, i * 1000`,
    ],
    ['hops.hdfs_block_infos', share(0.05), 'i, 1073741824 + i, i * 1000, 1000 + i'],
    ['hops.hdfs_inode_file_data', share(0.03), `i, IF(i % 7, ${noise('i % 200')}, NULL), UNHEX(SHA2(i, 256))`],
    ['hopsworks.variables', 100, `IF(i = 1, 'hopsworks_version', CONCAT('variable_', i)), IF(i = 1, '3.7.4', i), i % 2`],
    [
      'hopsworks.users',
      users,
      `i, CONCAT('meb', 10000 + i), CONCAT('user', i, '@example.com'), IF(i % 3, CONCAT('Zoë\\t', HEX(${noise('i % 60')})), NULL),
       IF(i % 4, JSON_OBJECT('theme', HEX(${noise('i % 100')}), 'size', i / 3, 'tags', JSON_ARRAY(i, NULL, 'é')), NULL), ${moment('i * 61')}, 1 + i % 3`,
    ],
    [
      'hopsworks.project',
      projects,
      `i, CONCAT('project', i), CONCAT('user', 1 + i % ${users}, '@example.com'), ${moment('i * 3607')}, NULLIF(IF(i % 5, NULL, LEAST(2 * i, ${projects})), i)`,
    ],
    ['hopsworks.dataset', 2 * projects, `i, 1 + i % ${projects}, CONCAT('Résumé ', i), IF(i % 2, ${noise('1 + i % 50')}, NULL)`],
    ['hopsworks.project_topics', projects, `i, CONCAT('topic-', i), i, 1 + i % 6, 1`],
    ['hopsworks.hosts', 100, `i, CONCAT('ip-10-0-0-', i, '.ec2.internal')`],
    ['hopsworks.host_services', 300, `i, 1 + i % 100, CONCAT('service', i)`],
    ['glassfish_timers.EJB__TIMER__TBL', 100, `CONCAT('timer', i), i, ${noise(20)}`],
    [
      'shop_featurestore.customers_1',
      customers,
      `ELT(1 + i % 3, 'SE', 'DE', 'US'), i, IF(i % 11, CONCAT('Näme ', i), NULL), DATE '1950-01-01' + INTERVAL i % 20000 DAY,
       IF(i % 2, HEX(${noise('i % 70')}), NULL)`,
    ],
    [
      'shop_featurestore.orders_1',
      share(0.5),
      `i, 1 + i % ${customers}, i % 1000 + 0.37, IF(i % 13, i / 7, NULL), IF(i % 3, ${noise('i % 16')}, NULL), ${moment('i * 13.000007')}`,
    ],
    ["shop_featurestore.`odd-name's table`", 100, `i, IF(i % 2, CONCAT('row ', i), NULL)`],
  ];
}

/** As many times 32 bytes as the expression `length` says, different in each row. */
function noise(length: number | string): string {
  return `REPEAT(UNHEX(SHA2(CONCAT('noise', i), 256)), ${length})`;
}

function moment(seconds: string): string {
  return `TIMESTAMP '2020-01-01 00:00:00' + INTERVAL ${seconds} SECOND`;
}

/** One statement may change some 8,000 rows of the practice cluster's data nodes; a blob of some KB counts as several. */
const CHUNK = 1000;

function inserts([table, rows, values]: Filling): string[] {
  const lasts = Array.from({ length: Math.ceil(rows / CHUNK) }, (_, chunk) => rows - chunk * CHUNK);
  // Downwards: each row that raises an AUTO_INCREMENT counter costs a round trip, ten times the cost of the row itself.
  return lasts.map(
    (last) => `INSERT INTO ${table} WITH RECURSIVE numbers (i) AS
      (SELECT ${last} UNION ALL SELECT i - 1 FROM numbers WHERE i > ${Math.max(1, last - CHUNK + 1)}) SELECT ${values} FROM numbers;`,
  );
}
