import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode, type Parameters, sha256 } from './given.ts';

const backup = 'practice/backups/263261030';
const stored = `${backup}/rondb/node=1`;
const prefix = 'practice/verifications/run-1';
const work = 'mysql-cluster/ndb/backups/hopsdr/verify-run-1';
const found = `bucket/${prefix}/i-0000000000000b001.rondb.found`;
const files = [1, 2].flatMap((part) =>
  ['-0.1.Data', '.1.ctl', '.1.log'].map((end) => `BACKUP-263261030-PART-${part}-OF-2/BACKUP-263261030${end}`),
);
const [data = '', control = ''] = files;
const keyOf = (path: string) => (path.startsWith('metadata/') ? `${backup}/${path}` : `${stored}/${path}`);
const content = (path: string) => `${path} `.repeat(500);
const checksum = (path: string) => Buffer.from(sha256(content(path)), 'hex').toString('base64');
const line = (path: string) => `${checksum(path)} ${content(path).length} ${keyOf(path)} ${path}`;

/** Prints as ndb_restore does: a row may look like what it prints itself. */
const restoring = `
for argument; do
  case $argument in
    --backup_path=*) [[ -f \${argument#*=}/${data} ]] || { echo "Failed to find backup"; exit 1; } ;;
    --lines-terminated-by=*) mark=\${argument#*=} ;;
    --print_data)
      header() { printf '2026 INFO: [part 1] _____________________________________________________\\nProcessing data in table: %s fragment 0\\n' "$1"; }
      ;;
  esac
done
if [[ " $* " == *' --print_data '* ]]; then
  header "shop/def/orders(7)"
  printf '%s%s' 1 "$mark" $'2\\nProcessing data in table: shop/def/none(1) fragment 0\\n' "$mark"
  header "shop/def/odd name's(8)"
  printf '%s%s' a "$mark"
  header "shop/def/empty(9)"
fi
echo "[part 1] Data and log restore successful"`;

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

async function givenStored(paths = [...files, 'metadata/users.sql']) {
  const [node, bucket] = [givenNode(), await buckets.givenBucket()];
  for (const path of paths) await bucket.put(keyOf(path), content(path));
  // The AWS CLI's stub answers the list; what the list names is asked of an S3.
  const plan = (text: string) => node.givenLists(prefix, { 'rondb/node=1.list': text });
  let listsSha256 = plan(`${paths.map(line).join('\n')}\n`);
  node.stub('ndb_restore', restoring);
  return {
    ...node,
    bucket,
    paths,
    replan(text: string): void {
      listsSha256 = plan(text);
    },
    verify: (given: Parameters = {}) =>
      node.run('verify-rondb-backup', { bucket: bucket.name, prefix, listsSha256, ...given }, bucket.environment).then((ended) => ({
        ...ended,
        said: ended.answer && answers.VerifyRondbBackup.parse(JSON.parse(ended.answer)),
      })),
    damages: () => node.read(found).split('\n').filter(Boolean),
  };
}
const bytesOf = (paths: readonly string[]) => paths.reduce((total, path) => total + content(path).length, 0);

describe('verifying every byte', () => {
  it('reads all objects and keeps nothing', async () => {
    const { verify, paths, damages, has, stub } = await givenStored();
    stub('ndb_restore', 'exit 9');

    const { said } = await verify();

    expect(said).toEqual({ nodes: [{ nodeId: 1, objects: 7, bytes: bytesOf(paths), records: null }], damaged: 0 });
    expect(damages()).toEqual([]);
    expect(has(work)).toBe(false);
  });

  it('names every object that is altered, longer, shorter or gone, and fails nothing', async () => {
    const { verify, bucket, damages, paths, replan } = await givenStored();
    const [altered = '', longer = '', shorter = '', gone = ''] = paths;
    await bucket.put(keyOf(altered), content(altered).replace('B', 'C'));
    await bucket.put(keyOf(longer), `${content(longer)}x`);
    await bucket.put(keyOf(shorter), content(shorter).slice(1));
    replan(`${paths.map((path) => line(path).replace(keyOf(gone), `${stored}/gone`)).join('\n')}\n`);

    const { code, said } = await verify();

    expect(code).toBe(0);
    expect(said).toMatchObject({ nodes: [{ objects: 7 }], damaged: 4 });
    expect(damages()).toEqual([
      expect.stringMatching(`^ChecksumMismatch\t${keyOf(altered)}\tit has the checksum \\S+=, but \\S+= was recorded$`),
      `ChecksumMismatch\t${keyOf(longer)}\tit has ${content(longer).length + 1} bytes, but ${content(longer).length} were recorded`,
      `ChecksumMismatch\t${keyOf(shorter)}\tit has ${content(shorter).length - 1} bytes, but ${content(shorter).length} were recorded`,
      `ObjectMissing\t${stored}/gone\tnot in the bucket`,
    ]);
  });

  it('verifies nothing on an instance to which nothing is assigned', async () => {
    const { verify } = await givenStored();

    expect((await verify({ assignments: 'i-0000000000000b002=1' })).said).toEqual({ nodes: [], damaged: 0 });
  });

  it('says nothing of a backup that it cannot read', async () => {
    const { verify, bucket, has } = await givenStored();
    bucket.interfere((_, response) => {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      return true;
    });

    const { code, answer, last } = await verify();

    expect({ code, answer }).toEqual({ code: exitCodeOf('DownloadFailed'), answer: '' });
    expect(last).toContain('AccessDenied');
    expect(has(found)).toBe(false);
  });

  it.each([
    ['that is empty', ''],
    ['with a path that leaves the directory', line(data).replace(/ \S+$/, ' ../../etc/BACKUP-263261030.1.ctl')],
    ['of another node', line(control).replaceAll('.1.ctl', '.2.ctl')],
    ['with a path of metadata that leaves it', line('metadata/../x')],
    ['with a good and a bad line', `${line(data)}\n$(touch x)`],
  ])('refuses a list %s', async (_, text) => {
    const { verify, replan } = await givenStored();
    replan(text && `${text}\n`);

    const { code, last } = await verify();

    expect(code).toBe(exitCodeOf('DownloadFailed'));
    expect(last).toContain('its list of objects is empty or malformed');
  });

  it('reads nothing by a list that was replaced after the plan was made', async () => {
    const { verify, write, has } = await givenStored();
    write(`bucket/${prefix}/rondb/node=1.list`, `${line(control)}\n`);

    const { code, last } = await verify();

    expect(code).toBe(exitCodeOf('ChecksumMismatch'));
    expect(last).toContain(`/${prefix}/rondb/node=1.list has SHA-256 `);
    expect(has(found)).toBe(false);
  });
});

describe('verifying by the database', () => {
  const database = { depth: 'database' };

  it('counts the rows of each table in the fetched directory, and removes it', async () => {
    const { verify, read, has } = await givenStored();

    const { said } = await verify(database);

    expect(said).toMatchObject({ nodes: [{ nodeId: 1, objects: 7, records: 3 }], damaged: 0 });
    expect(read(`bucket/${prefix}/node=1.rows`)).toBe("shop.odd name's\t1\nshop.orders\t2\n");
    expect(has(work)).toBe(false);
  });

  it('does not let ndb_restore read a directory of which an object is damaged', async () => {
    const { verify, bucket, has, damages } = await givenStored();
    await bucket.put(keyOf(data), content(data).replace('B', 'C'));

    expect((await verify(database)).said).toMatchObject({ nodes: [{ records: null }], damaged: 1 });
    expect(damages()).toEqual([expect.stringContaining('ChecksumMismatch')]);
    expect(has(`bucket/${prefix}/node=1.rows`)).toBe(false);
  });

  it.each([
    ['refuses it', 'echo "readGCPEntry read error"; exit 1', 'ndb_restore --print_meta ended with status 1: readGCPEntry read error'],
    [
      'breaks on its log',
      '[[ $* != *--print_log* ]] || kill -ABRT $$; echo "restore successful"',
      'ndb_restore --print_log ended with status 134',
    ],
    [
      'breaks on its rows',
      '[[ $* != *--print_data* ]] || kill -ABRT $$; echo "restore successful"',
      'ndb_restore --print_data ended with status 134',
    ],
    ['ends without its word for success', 'true', 'ndb_restore --print_meta ended with status 0'],
  ])('calls damaged a directory when ndb_restore %s', async (_, body, sentence) => {
    const { verify, stub, damages, has } = await givenStored();
    stub('ndb_restore', body);

    const { code, said } = await verify(database);

    expect({ code, said }).toMatchObject({ code: 0, said: { nodes: [{ records: null }], damaged: 1 } });
    expect(damages()).toEqual([expect.stringContaining(`BackupDirectoryInvalid\tRonDB node 1 of backup 263261030\t${sentence}`)]);
    expect(has(work)).toBe(false);
  });

  it('does not call damaged what ndb_restore was killed over', async () => {
    const { verify, stub, has } = await givenStored();
    stub('ndb_restore', 'kill -KILL $$');

    const { code, last } = await verify(database);

    expect({ code, last }).toEqual({ code: 1, last: expect.stringContaining('ended with status 137') });
    expect(has(found)).toBe(false);
    expect(has(work)).toBe(false);
  });
});
