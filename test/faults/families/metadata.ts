import { sha256 } from '../../nodes/given.ts';
import type { Fault } from '../fault.ts';
import { onNode, type Scene } from '../stages/script.ts';

const metadata = 'bucket/practice/backups/263261030/metadata';
const refused = 'echo "ERROR 2002 (HY000): Can\'t connect to local MySQL server" >&2; exit 1';
const dump = 'echo "-- a dump"; echo; echo "-- Dump completed"';

/** A head whose mysqld has one account, one database and one table, which is in RonDB. */
function givenHead(scene: Scene, { stray = '', mysqldump = dump } = {}): void {
  scene.stub(
    'mysql',
    `case "$*" in
  *'VERSION()'*) echo 8.0.35-cluster ;;
  *hopsworks_version*) echo 3.7.4 ;;
  *'FROM mysql.user'*) echo "'app'@'%'" ;;
  *schemata*) echo hops ;;
  *'engine <>'*) printf '${stray}' ;;
  *information_schema.tables*) echo hops.inodes ;;
  *information_schema.views*) ;;
  *) while read -r line; do case $line in
    'SHOW CREATE'*) echo 'CREATE USER \`app\`@\`%\` IDENTIFIED WITH caching_sha2_password REQUIRE NONE' ;;
    'SHOW GRANTS'*) echo 'GRANT USAGE ON *.* TO \`app\`@\`%\`' ;;
  esac; done ;;
esac`,
  );
  scene.stub('mysqldump', mysqldump);
}

const users =
  "SET NAMES utf8mb4;\nCREATE USER IF NOT EXISTS `app`@`%` IDENTIFIED WITH 'caching_sha2_password' REQUIRE NONE;\nGRANT USAGE ON *.* TO `app`@`%`;\n";
const objects = 'CREATE DATABASE /*!32312 IF NOT EXISTS*/ `hops`;\n\nUSE `hops`;\n-- Dump completed\n';
const recorded = { usersSha256: sha256(users), objectsSha256: sha256(objects) };

/** A head of a restore: mysqld takes everything, except what `refuse` says. */
function givenTarget(scene: Scene, { stored = users, refuse = 'true', seen = 'hops\ta\t`hops`.`a`' } = {}): void {
  scene.write(`${metadata}/users.sql`, stored);
  scene.write(`${metadata}/objects.sql`, objects);
  scene.stub('sleep', 'true');
  scene.stub('ndb_show_tables', `printf "1\\t'UserTable'\\t'Online'\\t'Yes'\\t'hops'\\t'def'\\t'a'\\n"`);
  scene.stub(
    'mysql',
    `case "$*" in
  *ndb_connectstring*) echo 127.0.0.1:1186 ;;
  *ndb_metadata_sync*) echo 0 ;;
  *"engine = 'ndbcluster'"*) printf '%s\\n' '${seen}' ;;
  *'FROM mysql.user'*) ;;
  *' -Ne '*) ;;
  *) text=$(cat); ${refuse}; echo "$text" >>"$HOPS_ROOT/told" ;;
esac`,
  );
}

const dumping = { action: 'DumpMetadata' } as const;
const restoring = { action: 'RestoreUsers', parameters: recorded } as const;

/** What a native backup lacks: accounts, grants and SQL objects. */
export const metadataFaults: Fault[] = [
  onNode({
    ...dumping,
    id: 'mysqld-down-for-dump',
    item: 'mysqld down',
    injected: 'mysqld does not answer during a backup',
    given: (scene) => scene.stub('mysql', refused),
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...restoring,
    id: 'mysqld-down-for-restore',
    item: 'mysqld down',
    injected: 'mysqld does not answer during a restore',
    given: (scene) => [givenTarget(scene), scene.stub('mysql', refused)],
    error: 'SqlServerUnreachable',
  }),
  onNode({
    id: 'mysqld-down-for-counting',
    item: 'mysqld down',
    action: 'VerifyRestore',
    injected: 'mysqld does not answer when rows are to be counted',
    parameters: { prefix: 'practice/restores/run-1' },
    given: (scene) => scene.stub('mysql', refused),
    error: 'SqlServerUnreachable',
  }),
  onNode({
    ...dumping,
    id: 'dump-cut-in-half',
    item: 'users.sql cut in half',
    injected: 'mysqldump ends early, and with success',
    given: (scene) => givenHead(scene, { mysqldump: 'echo "-- a dump"' }),
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...dumping,
    id: 'dump-fails',
    item: 'non-zero exit',
    injected: 'mysqldump exits 2',
    given: (scene) => givenHead(scene, { mysqldump: `${dump}; echo "mysqldump: Got error: 1045" >&2; exit 2` }),
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...dumping,
    id: 'dump-pipe-broken',
    item: 'broken pipe',
    injected: 'sha256sum dies of SIGPIPE while users.sql is stored',
    given: (scene) => [givenHead(scene), scene.stub('sha256sum', 'kill -PIPE $$')],
    error: 'ScriptFailed',
  }),
  onNode({
    ...dumping,
    id: 'disk-full-for-dump',
    item: 'full disk',
    injected: 'The disk of the head takes nothing of what mysql prints, which ends with success all the same',
    given: (scene) => [
      givenHead(scene),
      scene.stub('cat', '(($# > 0)) && exec /bin/cat "$@"; echo "cat: write error: No space left on device" >&2; exit 1'),
    ],
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...dumping,
    id: 'table-outside-rondb',
    item: 'beyond the list',
    injected: 'A user table is not in RonDB: no backup would hold its rows',
    given: (scene) => givenHead(scene, { stray: 'hops.cache (InnoDB)\\n' }),
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...dumping,
    id: 'accounts-changed-between-attempts',
    item: 'DDL during the backup',
    injected: 'Accounts were changed since a first attempt stored users.sql',
    given(scene) {
      givenHead(scene);
      scene.write(`${metadata}/users.sql`, 'of another moment');
      scene.write('bucket.sums/practice/backups/263261030/metadata/users.sql', 'sum');
    },
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...dumping,
    id: 'definition-gone',
    item: 'configuration edited between plan and run',
    injected: 'The cluster definition that the cluster file names is gone',
    given: (scene) => givenHead(scene),
    parameters: { definition: '/srv/hops/gone.yml' },
    error: 'MetadataDumpFailed',
  }),
  onNode({
    ...dumping,
    id: 's3-denies-metadata',
    item: 'S3 denying',
    injected: 'S3 refuses users.sql',
    given: (scene) => givenHead(scene),
    environment: { AWS_FAILS: 'put-object' },
    error: 'UploadFailed',
  }),
  onNode({
    ...restoring,
    id: 'stored-users-cut-in-half',
    item: 'users.sql cut in half',
    injected: 'The stored users.sql has lost its second half',
    given: (scene) => givenTarget(scene, { stored: users.slice(0, users.length / 2) }),
    error: 'ChecksumMismatch',
  }),
  onNode({
    ...restoring,
    id: 'mysqld-refuses-account',
    item: 'beyond the list',
    injected: 'mysqld refuses an account of the backup',
    given: (scene) =>
      givenTarget(scene, { refuse: '[[ $text != *"CREATE USER"* ]] || { echo "ERROR 1819 (HY000) at line 2: policy" >&2; exit 1; }' }),
    error: 'UserRestoreFailed',
    remains: 'database changed',
  }),
  onNode({
    ...restoring,
    id: 'mysqld-misses-table',
    item: 'restore order',
    injected: 'mysqld does not see a table that ndb_restore has created',
    given: (scene) => givenTarget(scene, { seen: '' }),
    error: 'UserRestoreFailed',
    remains: 'database changed',
  }),
];
