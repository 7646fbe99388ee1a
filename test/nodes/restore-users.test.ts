import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, sha256 } from './given.ts';

const hash = '24412430'.repeat(4);
const users = [
  'SET NAMES utf8mb4;',
  "SET SESSION sql_mode = '';",
  `CREATE USER IF NOT EXISTS \`app\`@\`%\` IDENTIFIED WITH 'caching_sha2_password' AS 0x${hash} REQUIRE NONE;`,
  "CREATE USER IF NOT EXISTS `o'b``x`@`%` IDENTIFIED WITH 'mysql_native_password' AS '*6B' REQUIRE SSL;",
  "CREATE USER IF NOT EXISTS `reader`@`%` IDENTIFIED WITH 'caching_sha2_password' REQUIRE NONE PASSWORD EXPIRE ACCOUNT LOCK;",
  'GRANT USAGE ON *.* TO `app`@`%`;',
  'GRANT SELECT, INSERT ON `hops`.* TO `app`@`%` WITH GRANT OPTION;',
  'GRANT SELECT (`a, b`, `c`), UPDATE (`d`) ON `hops`.`t ON (x)` TO `app`@`%`;',
  'GRANT `reader`@`%` TO `app`@`%`;',
  'ALTER USER `app`@`%` DEFAULT ROLE `reader`@`%`;',
  '',
].join('\n');
/** As mysqldump writes it: views first as tables, then whole; then the second dump, and the grants that need views and routines. */
const objects = `-- MySQL dump
/*!40101 SET SQL_MODE='A' */;

--
-- Current Database: \`hops\`
--

CREATE DATABASE /*!32312 IF NOT EXISTS*/ \`hops\` /*!40100 DEFAULT CHARACTER SET latin1 */;

USE \`hops\`;
DROP TABLE IF EXISTS \`v\`;
CREATE VIEW \`v\` AS SELECT 1;
DELIMITER ;;
CREATE PROCEDURE \`p\`() BEGIN
-- Current Database: \`shop\`
DROP TABLE IF EXISTS \`scratch\`;
CREATE DATABASE \`inner\`;
GRANT SELECT ON a.b TO c;
END ;;
DELIMITER ;

--
-- Current Database: \`shop\`
--

CREATE DATABASE /*!32312 IF NOT EXISTS*/ \`shop\` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;

USE \`shop\`;
CREATE VIEW \`w\` AS SELECT 2;
/*!40101 SET SQL_MODE='B' */;

-- Dump completed
SET SESSION sql_mode = '';
GRANT EXECUTE ON PROCEDURE \`hops\`.\`p\` TO \`app\`@\`%\`;
`;
const given = { usersSha256: sha256(users), objectsSha256: sha256(objects) };
const metadata = 'bucket/practice/backups/263261030/metadata';
const shown = [
  'GRANT USAGE ON *.* TO `app`@`%`',
  'GRANT ALL PRIVILEGES ON `hops`.* TO `app`@`%` WITH GRANT OPTION',
  'GRANT SELECT (`a, b`, `c`, `e`), UPDATE (`d`) ON `hops`.`t ON (x)` TO `app`@`%`',
  'GRANT EXECUTE ON PROCEDURE `hops`.`p` TO `app`@`%`',
  'GRANT `other`@`%`,`reader`@`%` TO `app`@`%`',
  `CREATE USER \`app\`@\`%\` IDENTIFIED WITH 'caching_sha2_password' AS 0x${hash} DEFAULT ROLE \`reader\`@\`%\` REQUIRE NONE`,
  'GRANT USAGE ON *.* TO `reader`@`%`',
  'CREATE USER `reader`@`%` REQUIRE NONE',
];
/** Accounts of mysqld as mysql.user has them. */
const present = {
  app: `\`app\`@\`%\`\tcaching_sha2_password\t${hash}`,
  otherApp: '`app`@`%`\tcaching_sha2_password\t24',
  native: "`o'b``x`@`%`\tmysql_native_password\t2A3642",
  reader: '`reader`@`%`\tcaching_sha2_password\t',
};
const all = [present.app, present.native, present.reader];

describe('restore-users', () => {
  /** A mysqld that keeps the scripts of its stdin in `told`; `refuse` decides about each of them. `opened`: what it sees once a table was read. */
  function givenHead({
    seen = 'hops\ta\t`hops`.`a`',
    opened = '',
    refuse = 'true',
    read = 'true',
    synchronised = '0',
    before = [] as string[],
    after = all,
  } = {}) {
    const node = givenNode();
    node.write(`${metadata}/users.sql`, users);
    node.write(`${metadata}/objects.sql`, objects);
    node.write('shown', `${shown.join('\n')}\n`);
    node.write('accounts.1', before.map((line) => `${line}\n`).join(''));
    node.write('accounts.2', after.map((line) => `${line}\n`).join(''));
    node.stub('ndb_show_tables', `printf "1\\t'UserTable'\\t'Online'\\t'Yes'\\t'hops'\\t'def'\\t'a'\\n"`);
    node.stub('sleep', 'true');
    node.stub(
      'mysql',
      `case "$*" in
  *ndb_connectstring*) echo 127.0.0.1:1186 ;;
  *'= ON'*) echo synchronise >>"$HOPS_ROOT/told" ;;
  *'FLUSH LOCAL TABLES'*) echo "\${!#}" >>"$HOPS_ROOT/told" ;;
  *ndb_metadata_sync*) echo ${synchronised} ;;
  *'SELECT 1 FROM'*) echo read >>"$HOPS_ROOT/reads"; ${read} ;;
  *"engine = 'ndbcluster'"*) if [[ -f $HOPS_ROOT/reads ]]; then printf '%s\\n' '${opened || seen}'; else printf '%s\\n' '${seen}'; fi ;;
  *'FROM mysql.user'*) if [[ -f $HOPS_ROOT/counted ]]; then cat "$HOPS_ROOT/accounts.2"; else cat "$HOPS_ROOT/accounts.1" && touch "$HOPS_ROOT/counted"; fi ;;
  *information_schema.views*) printf '%s\\n' hops hops shop ;;
  *)
    text=$(cat)
    if [[ $text == *'SHOW GRANTS'* ]]; then cat "$HOPS_ROOT/shown"; exit; fi
    ${refuse}
    echo "$text" >>"$HOPS_ROOT/told"
    ;;
esac`,
    );
    return node;
  }

  it('creates databases, synchronises and reopens tables, then creates accounts, then objects, then grants on them', async () => {
    const node = givenHead();

    const { stdout } = await node.run('restore-users', given);

    expect(answers.RestoreUsers.parse(JSON.parse(stdout))).toEqual({
      created: 3,
      keptSame: 0,
      keptOther: 0,
      replaced: 0,
      objects: 3,
      differing: [], // biome-ignore format: one answer
    });
    const told = node.read('told');
    const order = ['ALTER DATABASE `shop`', 'synchronise', 'FLUSH LOCAL TABLES\n', 'CREATE USER', 'CREATE VIEW `w`', 'GRANT EXECUTE'];
    expect(order.map((text) => told.indexOf(text)).toSorted((a, b) => a - b)).toEqual(order.map((text) => told.indexOf(text)));
    expect(told).not.toContain('DROP TABLE IF EXISTS `v`');
    expect(told).toContain(
      'BEGIN\n-- Current Database: `shop`\nDROP TABLE IF EXISTS `scratch`;\nCREATE DATABASE `inner`;\nGRANT SELECT ON a.b TO c;\nEND ;;\n',
    );
  });

  it('gives databases their character set, which mysqld does not know when it creates them by itself', async () => {
    const node = givenHead();

    await node.run('restore-users', given);

    expect(node.read('told')).toContain(
      'CREATE DATABASE /*!32312 IF NOT EXISTS*/ `hops` /*!40100 DEFAULT CHARACTER SET latin1 */;\nALTER DATABASE `hops` /*!40100 DEFAULT CHARACTER SET latin1 */;\n',
    );
  });

  it('keeps accounts, and says whose password is another', async () => {
    const before = [present.otherApp, present.native];
    const node = givenHead({ before, after: [present.otherApp, present.native, present.reader] });

    const { stdout, stderr } = await node.run('restore-users', given);

    expect(JSON.parse(stdout)).toMatchObject({ created: 1, keptSame: 1, keptOther: 1, replaced: 0, differing: [] });
    expect(stderr).toContain('keptOther\t`app`@`%`\n');
    expect(node.read('told')).not.toContain('ALTER USER `app`@`%` IDENTIFIED');
  });

  it('gives accounts that exist all that CREATE USER would have given them, where they are replaced', async () => {
    const node = givenHead({ before: [present.otherApp, present.native] });

    const { stdout } = await node.run('restore-users', { ...given, accounts: 'replace' });

    expect(JSON.parse(stdout)).toMatchObject({ created: 1, keptSame: 1, keptOther: 0, replaced: 1, differing: [] });
    const altered = node.read('told').match(/^ALTER USER .* REQUIRE .*$/gm);
    expect(altered).toEqual([
      `ALTER USER \`app\`@\`%\` IDENTIFIED WITH 'caching_sha2_password' AS 0x${hash} REQUIRE NONE;`,
      "ALTER USER `o'b``x`@`%` IDENTIFIED WITH 'mysql_native_password' AS '*6B' REQUIRE SSL;",
    ]);
  });

  it('creates no account and grants nothing where none are wanted', async () => {
    const node = givenHead();

    const { stdout } = await node.run('restore-users', { ...given, accounts: 'none' });

    expect(JSON.parse(stdout)).toEqual({ created: 0, keptSame: 0, keptOther: 0, replaced: 0, objects: 3, differing: [] });
    expect(node.read('told')).not.toMatch(/^(CREATE USER|GRANT EXECUTE)/m);
    expect(node.read('told')).toContain('CREATE VIEW `w`');
  });

  it.each<[string, string[], string]>([
    ['lacks a privilege', shown.filter((line) => !line.includes('`hops`.*')), 'missing: `app`@`%`\t`hops`.*\tINSERT'],
    [
      'may not grant it on',
      [...shown.filter((line) => !line.includes('`hops`.*')), 'GRANT ALL PRIVILEGES ON `hops`.* TO `app`@`%`'],
      '\tGRANT OPTION',
    ],
    ['lacks a column', shown.map((line) => line.replace('`c`, `e`', '`e`')), '\t`hops`.`t ON (x)`\tSELECT (`c`)'],
    ['lacks a role', shown.map((line) => line.replace('`other`@`%`,`reader`@`%`', '`other`@`%`')), '\troles\t`reader`@`%`'],
    ['lacks a default role', shown.map((line) => line.replace(' DEFAULT ROLE `reader`@`%`', '')), '\tdefault roles\t`reader`@`%`'],
    ['lacks a grant on a routine', shown.filter((line) => !line.includes('PROCEDURE')), '\tPROCEDURE `hops`.`p`\tEXECUTE'],
  ])('names an account that %s', async (_, lines, why) => {
    const node = givenHead();
    node.write('shown', `${lines.join('\n')}\n`);

    const { stdout, stderr } = await node.run('restore-users', given);

    expect(JSON.parse(stdout).differing).toEqual(['`app`@`%`']);
    expect(stderr).toContain(why);
  });

  it('names an account that was created and does not have its password', async () => {
    const node = givenHead({ after: [present.app, present.reader, present.native.replace('2A3642', '2A3643')] });

    const { stdout } = await node.run('restore-users', given);

    expect(JSON.parse(stdout).differing).toEqual(["`o'b``x`@`%`"]);
  });

  describe('of a part', () => {
    const part = { ...given, accounts: 'none', selection: 'include-databases=shop' };

    it('brings only the SQL objects of its databases, and flushes only its tables', async () => {
      const node = givenHead({ seen: 'hops\ta\t`hops`.`a`\nshop\tb\t`shop`.`b`' });

      const { stdout } = await node.run('restore-users', part);

      expect(JSON.parse(stdout)).toMatchObject({ objects: 1 });
      const told = node.read('told');
      expect(told).toContain("/*!40101 SET SQL_MODE='A' */;");
      expect(told).toContain('FLUSH LOCAL TABLES `shop`.`b`\n');
      expect(told).toContain('CREATE VIEW `w`');
      expect(told).not.toMatch(/hops|ALTER DATABASE/);
    });

    it.each([
      'include-databases=shop;rewrite-database=shop,copy',
      'include-tables=shop.b',
      'exclude-databases=shop',
      'include-databases=shop,hops;exclude-databases=shop',
    ])('brings no SQL objects of a database under another name or left out: %s', async (selection) => {
      const node = givenHead();

      const { code } = await node.run('restore-users', { ...part, selection });

      expect(code).toBe(0);
      expect(node.read('told')).not.toContain('CREATE VIEW `w`');
    });

    const refuse = `if [[ $text == *'CREATE VIEW'* || $text == *'CREATE USER'* ]]; then
      echo "ERROR 1146 (42S02) at line 8: Table 'hops.t' doesn't exist" >&2
    fi`;

    it('passes over what names tables that are left out, says so, and expects no such grant', async () => {
      const node = givenHead({ refuse });
      node.write('shown', `${shown.filter((line) => !line.includes('t ON')).join('\n')}\n`);

      const { stdout, stderr } = await node.run('restore-users', { ...given, selection: 'exclude-tables=hops.t' });

      expect(JSON.parse(stdout)).toMatchObject({ created: 3, differing: [] });
      expect(stderr).toContain("ERROR 1146 (42S02) at line 8: Table 'hops.t' doesn't exist");
    });

    it('stops at any other error', async () => {
      const { code, last } = await givenHead({ refuse: refuse.replace('1146', '1064') }).run('restore-users', part);

      expect(code).toBe(35);
      expect(last).toContain('programs.sql: ERROR 1064');
    });
  });

  it.each(['usersSha256', 'objectsSha256'] as const)('tells mysqld nothing when a file does not have its %s', async (name) => {
    const node = givenHead();

    const { code, last } = await node.run('restore-users', { ...given, [name]: '1'.repeat(64) });

    expect(code).toBe(31);
    expect(last).toContain(`${name.replace('Sha256', '')}.sql: s3://practice-bucket/`);
    expect(node.has('told')).toBe(false);
  });

  it.each([
    ['users.sql', 'CREATE USER IF'],
    ['programs.sql', 'CREATE VIEW'],
    ['databases.sql', 'ALTER DATABASE'],
    ['late-grants.sql', 'GRANT EXECUTE'],
  ])('stops when mysqld refuses %s for good', async (file, word) => {
    const refuse = `if [[ $text == *'${word}'* ]]; then echo "ERROR 1410 (42000) at line 3: not allowed" >&2; exit 1; fi`;

    const { code, last, answer } = await givenHead({ refuse }).run('restore-users', given);

    expect({ code, answer }).toEqual({ code: 35, answer: '' });
    expect(last).toContain(`: ${file}: ERROR 1410`);
  });

  it('runs a script again that met a lock', async () => {
    const refuse = `if [[ $text == *'CREATE USER'* && ! -f $HOPS_ROOT/met ]]; then touch "$HOPS_ROOT/met"; echo "ERROR 1205 (HY000) at line 3: Lock wait" >&2; exit 1; fi`;

    const { code } = await givenHead({ refuse }).run('restore-users', given);

    expect(code).toBe(0);
  });

  it('opens a table that mysqld does not see yet: one whose foreign keys stayed with the old name of its database', async () => {
    const node = givenHead({ seen: 'hops\tother\t`hops`.`other`', opened: 'hops\ta\t`hops`.`a`' });

    const { code } = await node.run('restore-users', given);

    expect(code).toBe(0);
    expect(node.read('told')).toContain('CREATE USER');
  });

  it('creates no account while mysqld does not see a restored table', async () => {
    const node = givenHead({ seen: 'hops\tother\t`hops`.`other`' });

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(35);
    expect(last).toContain('mysqld does not see the table hops.a');
    expect(node.read('told')).not.toContain('CREATE USER');
  });

  const stale = 'echo "ERROR 1412 (HY000): Table definition has changed, please retry transaction" >&2; exit 1';

  it('reads a table again whose definition mysqld has from before', async () => {
    const node = givenHead({ read: `[[ $(wc -l <"$HOPS_ROOT/reads") -gt 1 ]] || { ${stale}; }` });

    const { code } = await node.run('restore-users', given);

    expect(code).toBe(0);
    expect(node.read('reads')).toBe('read\nread\n');
  });

  it('creates no account while a restored table cannot be read', async () => {
    const node = givenHead({ read: stale });

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(35);
    expect(last).toContain('table `hops`.`a` cannot be read: ERROR 1412');
    expect(node.read('told')).not.toContain('CREATE USER');
  });

  it('stops when mysqld fails while it synchronises', async () => {
    const { code } = await givenHead({ synchronised: '&& exit 1' }).run('restore-users', given);

    expect(code).toBe(35);
  });

  it('says that mysqld does not answer', async () => {
    const node = givenHead();
    node.stub('mysql', 'echo "ERROR 2002 (HY000): no socket" >&2; exit 1');

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(17);
    expect(last).toContain('mysqld does not answer: ERROR 2002');
  });

  it('says which object is not in the bucket', async () => {
    const node = givenHead();
    node.remove(`${metadata}/objects.sql`);

    const { code, last } = await node.run('restore-users', given);

    expect(code).toBe(30);
    expect(last).toContain('metadata/objects.sql');
  });
});
