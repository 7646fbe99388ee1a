import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, sha256 } from './given.ts';

const metadata = 'bucket/practice/backups/263261030/metadata';
const secured = "IDENTIFIED WITH 'caching_sha2_password' AS 0x2441";

/** What mysqld says of two accounts and a role, of which `app` uses the role by default; backslashes twice, as mysql prints them. */
const mysqld = `case "$*" in
  *'VERSION()'*) echo 8.0.35-cluster ;;
  *hopsworks_version*) echo 3.7.4 ;;
  *'FROM mysql.user'*) printf '%s\\n' "'app'@'%'" "'o\\\\\\\\'brien'@'%'" "'reader'@'%'" ;;
  *schemata*) echo hops ;;
  *'engine <>'*) cat "$HOPS_ROOT/stray" ;;
  *information_schema.tables*) echo hops.inodes ;;
  *information_schema.views*) echo ' ON \`hops\`.\`v\` TO ' ;;
  *)
    while read -r line; do
      case $line in
        "SHOW CREATE USER 'app'@'%';") echo "CREATE USER \\\`app\\\`@\\\`%\\\` ${secured} DEFAULT ROLE \\\`reader\\\`@\\\`%\\\` REQUIRE NONE" ;;
        "SHOW CREATE USER 'o\\\\'brien'@'%';") echo "CREATE USER \\\`o'brien\\\`@\\\`%\\\` ${secured} REQUIRE NONE" ;;
        "SHOW CREATE USER 'reader'@'%';") echo "CREATE USER 'reader'@'%' ${secured} REQUIRE NONE" ;;
        "SHOW GRANTS FOR 'app'@'%';")
          printf '%s\\n' 'GRANT USAGE ON *.* TO \`app\`@\`%\`' 'GRANT SELECT ON \`hops\`.\`v\` TO \`app\`@\`%\`' \\
            'GRANT EXECUTE ON PROCEDURE \`hops\`.\`p\` TO \`app\`@\`%\`' 'GRANT \`reader\`@\`%\` TO \`app\`@\`%\`' ;;
        SHOW*) echo "GRANT USAGE ON *.* TO someone" ;;
        SET*print_identified_with_as_hex*) ;;
        *) echo "ERROR 1064: $line" >&2; exit 1 ;;
      esac
    done
    ;;
esac`;
const mysqldump = `echo "$*" >>"$HOPS_ROOT/dumps"; echo "-- a dump"; echo; echo "-- Dump completed"`;

describe('dump-metadata', () => {
  function givenHead() {
    const node = givenNode();
    node.write('stray', '');
    node.stub('mysql', mysqld);
    node.stub('mysqldump', mysqldump);
    return node;
  }

  it('stores users.sql, objects.sql and versions.json with their size and SHA-256', async () => {
    const node = givenHead();

    const { stdout } = await node.run('dump-metadata');

    const answer = answers.DumpMetadata.parse(JSON.parse(stdout));
    expect(answer.users).toBe(3);
    expect(answer.files.map(({ path }) => path)).toEqual(['users.sql', 'objects.sql', 'versions.json']);
    expect(answer.versions).toEqual({ mysql: '8.0.35-cluster', hopsworks: '3.7.4', definitionSha256: null, passwordFingerprint: null });
    expect(JSON.parse(node.read(`${metadata}/versions.json`))).toEqual(answer.versions);
    for (const { path, bytes, sha256: recorded } of answer.files) {
      const stored = node.read(`${metadata}/${path}`);
      expect({ path, bytes, recorded }).toEqual({ path, bytes: stored.length, recorded: sha256(stored) });
    }
  });

  it.each([
    ['/srv/hops/cluster/definition.yml', 'cluster-definition.yml'],
    ['/srv/hops/cluster/definition', 'cluster-definition'],
    ['/srv/hops/cluster/definition.YAML', 'cluster-definition'],
    ['s3://practice-bucket/of/cluster.json', 'cluster-definition.json'],
  ])('stores the cluster definition %s as %s, and its SHA-256 and that of the password', async (definition, name) => {
    const node = givenHead();
    node.write(definition.replace(/^s3:\/\/practice-bucket/, 'bucket').replace('/srv/hops/', ''), 'name: x');
    node.write('certs-dir/password', 'secret');

    const { stdout } = await node.run('dump-metadata', { definition, passwordFile: '/srv/hops/certs-dir/password' });

    const { files, versions } = answers.DumpMetadata.parse(JSON.parse(stdout));
    expect(files.at(-1)).toMatchObject({ path: name, sha256: sha256('name: x') });
    expect(node.read(`${metadata}/${name}`)).toBe('name: x');
    expect(versions).toMatchObject({ definitionSha256: sha256('name: x'), passwordFingerprint: sha256('secret') });
    expect(node.operations().filter((operation) => operation.startsWith('put-object'))).toHaveLength(4);
  });

  it.each(['/srv/hops/gone.yml', 's3://practice-bucket/gone.yml'])(
    'stores nothing when the cluster definition %s is not there',
    async (definition) => {
      const node = givenHead();

      const { code, last, answer } = await node.run('dump-metadata', { definition });

      expect({ code, answer }).toEqual({ code: 27, answer: '' });
      expect(last).toContain(`the cluster definition ${definition} cannot be read: `);
      expect(node.has(metadata)).toBe(false);
    },
  );

  it('does not put a new dump beside another cluster definition of an earlier run', async () => {
    const node = givenHead();
    const definition = node.write('definition.yml', 'name: x');
    const given = { definition: '/srv/hops/definition.yml' };
    await node.run('dump-metadata', given);
    node.remove(`${metadata}/users.sql`);
    writeFileSync(definition, 'name: y');

    const { code, last } = await node.run('dump-metadata', given);

    expect(code).toBe(27);
    expect(last).toContain('versions.json changed between two attempts; start a new backup.');
  });

  it('creates all accounts before it grants, and sets default roles last', async () => {
    const node = givenHead();

    await node.run('dump-metadata');

    expect(node.read(`${metadata}/users.sql`).split('\n')).toEqual([
      'SET NAMES utf8mb4;',
      "SET SESSION sql_mode = '';",
      `CREATE USER IF NOT EXISTS \`app\`@\`%\` ${secured} REQUIRE NONE;`,
      `CREATE USER IF NOT EXISTS \`o'brien\`@\`%\` ${secured} REQUIRE NONE;`,
      `CREATE USER IF NOT EXISTS 'reader'@'%' ${secured} REQUIRE NONE;`,
      'GRANT USAGE ON *.* TO `app`@`%`;',
      'GRANT `reader`@`%` TO `app`@`%`;',
      'GRANT USAGE ON *.* TO someone;',
      'GRANT USAGE ON *.* TO someone;',
      'ALTER USER `app`@`%` DEFAULT ROLE `reader`@`%`;',
      '',
    ]);
  });

  it('leaves grants on views and routines to the end of objects.sql, where these exist', async () => {
    const node = givenHead();

    await node.run('dump-metadata');

    expect(node.read(`${metadata}/objects.sql`).split('\n').slice(-3)).toEqual([
      'GRANT SELECT ON `hops`.`v` TO `app`@`%`;',
      'GRANT EXECUTE ON PROCEDURE `hops`.`p` TO `app`@`%`;',
      '',
    ]);
  });

  it('dumps no table: neither its rows nor its definition', async () => {
    const node = givenHead();

    await node.run('dump-metadata');

    const [objects, triggers] = node.read('dumps').trim().split('\n');
    expect(objects).toMatch(/--no-data --routines --events --skip-triggers --ignore-table=hops\.inodes --databases -- hops$/);
    expect(triggers).toMatch(/--no-data --no-create-info --no-create-db --triggers --add-drop-trigger --databases -- hops$/);
  });

  it.each<[string, Record<string, string>, string]>([
    ['mysqld does not answer', { mysql: 'echo "ERROR 2002 (HY000): no socket" >&2; exit 1' }, 'accounts could not be read: ERROR 2002'],
    ['mysqldump fails', { mysqldump: `${mysqldump}; echo "mysqldump: Got error: 1045" >&2; exit 2` }, 'Got error: 1045'],
    ['mysqldump ends early with success', { mysqldump: 'echo "-- a dump"' }, 'mysqldump ended before its last line'],
  ])('stores nothing when %s', async (_, stubs, cause) => {
    const node = givenHead();
    for (const [program, body] of Object.entries(stubs)) node.stub(program, body);

    const { code, last, answer } = await node.run('dump-metadata');

    expect({ code, answer }).toEqual({ code: 27, answer: '' });
    expect(last).toContain(cause);
    expect(node.operations().filter((operation) => !operation.startsWith('head-object'))).toEqual([]);
    expect(node.has('hopsdr/dump-metadata')).toBe(false);
  });

  it('refuses to leave out a table that is not in RonDB', async () => {
    const node = givenHead();
    node.write('stray', 'hops.cache (InnoDB)\n');

    const { code, last } = await node.run('dump-metadata');

    expect(code).toBe(27);
    expect(last).toContain('table hops.cache (InnoDB) is not in RonDB');
  });

  it('answers what an earlier run has stored, and asks mysqld nothing', async () => {
    const node = givenHead();
    const first = await node.run('dump-metadata');
    node.remove('aws.log');
    node.stub('mysql', 'exit 1');

    const second = await node.run('dump-metadata');

    expect(second.answer).toBe(first.answer);
    expect(node.operations().filter((operation) => operation.startsWith('put-object'))).toEqual([]);
  });

  it('answers the SHA-256 of a stored file of several parts, whose checksum is another', async () => {
    const node = givenHead();
    await node.run('dump-metadata');
    node.write('bucket.sums/practice/backups/263261030/metadata/objects.sql', `${'A'.repeat(43)}=-2\n`);

    const { stdout } = await node.run('dump-metadata');

    const [, objects] = answers.DumpMetadata.parse(JSON.parse(stdout)).files;
    expect(objects).toMatchObject({ sha256: sha256(node.read(`${metadata}/objects.sql`)), checksum: `${'A'.repeat(43)}=-2` });
  });

  it.each(['users.sql', 'objects.sql', 'versions.json'])('stores what is missing beside %s of an earlier run', async (file) => {
    const node = givenHead();
    const first = await node.run('dump-metadata');
    node.remove(`${metadata}/${file}`);

    const second = await node.run('dump-metadata');

    expect(second.answer).toBe(first.answer);
    expect(node.has(`${metadata}/${file}`)).toBe(true);
  });

  it.each([
    ['users.sql', 'objects.sql'],
    ['objects.sql', 'users.sql'],
  ])('does not put a new dump beside another %s of an earlier run', async (file, missing) => {
    const node = givenHead();
    node.write(`${metadata}/${file}`, 'of another moment');
    node.write(`bucket.sums/practice/backups/263261030/metadata/${file}`, 'sum');

    const { code, last, answer } = await node.run('dump-metadata');

    expect({ code, answer }).toEqual({ code: 27, answer: '' });
    expect(last).toContain(`${file} changed between two attempts; start a new backup.`);
    expect(node.read(`${metadata}/${file}`)).toBe('of another moment');
    expect(node.has(`${metadata}/${missing}`)).toBe(false);
  });

  it.each(['head-object', 'get-object'])('dumps nothing when the bucket refuses %s of what may be stored', async (operation) => {
    const node = givenHead();
    await node.run('dump-metadata');
    node.remove('dumps');

    const { code, last } = await node.run('dump-metadata', {}, { AWS_FAILS: operation });

    expect(code).toBe(26);
    expect(last).toContain(`metadata/users.sql`);
    expect(last).toContain('(AccessDenied)');
    expect(node.has('dumps')).toBe(false);
  });

  it('says that the bucket refuses', async () => {
    const { code, last } = await givenHead().run('dump-metadata', {}, { AWS_FAILS: 'put-object' });

    expect(code).toBe(26);
    expect(last).toContain('metadata/users.sql could not be stored: An error occurred (AccessDenied)');
  });
});
