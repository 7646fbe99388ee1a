import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode, sha256, zstd } from './given.ts';

const stored = 'practice/backups/263261030/rondb/node=1';
const state = 'mysql-cluster/ndb/backups/hopsdr/263261030';
const given = { prefix: 'practice/restores/run-1' };
const list = `bucket/${given.prefix}/rondb/node=1.list`;
const files = ['-0.1.Data', '.1.ctl', '.1.log'].map((end) => `BACKUP-263261030/BACKUP-263261030${end}`);
const content = (path: string) => `${path} `.repeat(500);
const line = (path: string) => `${sha256(content(path))} ${content(path).length} zstd ${stored}/${path}.zst ${path}`;

describe('download-rondb-backup', () => {
  function givenStoredBackup() {
    const node = givenNode();
    for (const path of files) node.write(`bucket/${stored}/${path}.zst`, zstd(content(path)));
    node.write(list, `${files.map(line).join('\n')}\n`);
    return node;
  }
  const fetched = (node: ReturnType<typeof givenNode>) => node.operations().filter((operation) => operation.endsWith('.zst'));

  it('fetches, unpacks and verifies the files of its own backup nodes', async () => {
    const node = givenStoredBackup();

    const { stdout } = await node.run('download-rondb-backup', given);

    const bytes = files.reduce((total, path) => total + content(path).length, 0);
    expect(answers.DownloadRondbBackup.parse(JSON.parse(stdout))).toEqual({ nodes: [{ nodeId: 1, files: 3, bytes }] });
    for (const path of files) expect(node.read(`${state}/node=1/${path}`)).toBe(content(path));
    expect(node.has(`${state}/tmp`)).toBe(false);
  });

  it('puts the parts of a multithreaded backup below their BACKUP directory', async () => {
    const node = givenNode();
    const path = 'BACKUP-263261030-PART-1-OF-2/BACKUP-263261030.1.ctl';
    node.write(`bucket/${stored}/${path}.zst`, zstd(content(path)));
    node.write(list, `${line(path)}\n`);

    await node.run('download-rondb-backup', given);

    expect(node.read(`${state}/node=1/BACKUP-263261030/${path}`)).toBe(content(path));
  });

  it('does nothing on an instance to which no backup node is assigned', async () => {
    const { stdout } = await givenNode().run('download-rondb-backup', { ...given, assignments: 'i-0000000000000b002=1' });

    expect(JSON.parse(stdout)).toEqual({ nodes: [] });
  });

  it('fetches again only what is not there or has changed', async () => {
    const node = givenStoredBackup();
    await node.run('download-rondb-backup', given);
    const [changed = '', lost = ''] = files;
    node.write(`${state}/node=1/${changed}`, content(changed).replace('B', 'C'));
    node.remove(`${state}/node=1/${lost}`);
    node.remove('aws.log');

    await node.run('download-rondb-backup', given);

    expect(fetched(node).sort()).toEqual([`get-object ${stored}/${changed}.zst`, `get-object ${stored}/${lost}.zst`]);
    expect(node.read(`${state}/node=1/${changed}`)).toBe(content(changed));
  });

  it('never gives a file its name before it is verified', async () => {
    const node = givenStoredBackup();
    const path = files[0] ?? '';
    node.write(`bucket/${stored}/${path}.zst`, zstd(content(path).replace('B', 'C')));

    const { code, last, answer } = await node.run('download-rondb-backup', given);

    expect({ code, answer }).toEqual({ code: 31, answer: '' });
    expect(last).toMatch(/RonDB node 1, BACKUP-263261030-0\.1\.Data: .* has SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} was recorded\.$/);
    expect(node.has(`${state}/node=1/${path}`)).toBe(false);
  });

  it.each([
    ['cannot be unpacked', 'not zstd at all'],
    ['is cut off', zstd(content(files[0] ?? '')).subarray(0, -3)],
  ])('calls an object damaged that %s', async (_, bytes) => {
    const node = givenStoredBackup();
    node.write(`bucket/${stored}/${files[0]}.zst`, bytes);

    const { code, last } = await node.run('download-rondb-backup', given);

    expect(code).toBe(31);
    expect(last).toContain('RonDB node 1, BACKUP-263261030-0.1.Data: s3://practice-bucket/');
  });

  it('names the file that is not in the bucket', async () => {
    const node = givenStoredBackup();
    node.remove(`bucket/${stored}/${files[2]}.zst`);

    const { code, last } = await node.run('download-rondb-backup', given);

    expect(code).toBe(30);
    expect(last).toContain('BACKUP-263261030.1.log: s3://practice-bucket/');
    expect(last).toContain('NoSuchKey');
  });

  it.each([
    ['that is empty', ''],
    ['with a path that leaves the directory', line(files[0] ?? '').replace(/ \S+$/, ' ../../etc/BACKUP-263261030.1.ctl')],
    ['of another node', line(files[1] ?? '').replaceAll('.1.ctl', '.2.ctl')],
    ['of another backup', line(files[1] ?? '').replaceAll('263261030', '263261031')],
    ['with an unknown encoding', line(files[0] ?? '').replace('zstd', 'gzip')],
    ['with a key that has spaces', line(files[0] ?? '').replace('node=1', 'node =1')],
    ['with a good and a bad line', `${line(files[0] ?? '')}\n$(touch x)`],
  ])('refuses a list %s', async (_, text) => {
    const node = givenStoredBackup();
    node.write(list, text && `${text}\n`);

    const { code, last } = await node.run('download-rondb-backup', given);

    expect(code).toBe(30);
    expect(last).toContain('RonDB node 1: its list of files is empty or malformed');
    expect(fetched(node)).toEqual([]);
  });

  it('fetches nothing when the volume is too full', async () => {
    const node = givenStoredBackup();
    node.stub('df', `printf 'Filesystem 1-blocks Used Available Capacity Mounted on\\n/dev/x 100 1 99 1%% /\\n'`);

    const { code } = await node.run('download-rondb-backup', given);

    expect(code).toBe(15);
    expect(fetched(node)).toEqual([]);
  });

  it('refuses what ndb_restore cannot read', async () => {
    const node = givenStoredBackup();
    node.stub('ndb_restore', 'echo "Failed to find backup 263261030 in path"; exit 1');

    const { code, last } = await node.run('download-rondb-backup', given);

    expect(code).toBe(25);
    expect(last).toContain('Failed to find backup 263261030 in path');
  });

  it('finishes after a kill -9 with a file in flight', async () => {
    const node = givenStoredBackup();
    node.stub('zstd', 'touch "$HOPS_ROOT/in-flight"; sleep 60');
    const killed = node.start('download-rondb-backup', given);
    while (!node.has('in-flight')) await delay(20);
    killed.signal('SIGKILL');
    await killed.ended;
    node.remove('path/zstd');

    const { code } = await node.run('download-rondb-backup', given);

    expect(code).toBe(0);
    for (const path of files) expect(node.read(`${state}/node=1/${path}`)).toBe(content(path));
  });
});
