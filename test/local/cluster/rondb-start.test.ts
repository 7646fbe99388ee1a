import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRondbCluster } from '../../../local/cluster/rondb.ts';

const names = ['ndb_mgmd', 'ndbmtd', 'ndb_mgm', 'ndb_waiter', 'ndb_restore', 'ndb_config', 'mysqld', 'mysql'];

describe('starting a practice cluster, with imitated binaries', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hopsdr-start-'));
    await mkdir(join(directory, 'rondb/bin'), { recursive: true });
    for (const name of names) await imitate(name, 'exec sleep 60');
  });

  afterEach(() => rm(directory, { recursive: true }));

  async function imitate(name: string, script: string) {
    const path = join(directory, 'rondb/bin', name);
    await writeFile(path, `#!/bin/sh\ncase "$*" in --version) exit 0 ;; esac\necho $$ >${directory}/pid.$$\n${script}\n`);
    await chmod(path, 0o755);
  }

  const create = (options = {}) =>
    createRondbCluster({ rondbHome: join(directory, 'rondb'), directory: join(directory, 'c'), dataNodes: 2, ...options });

  async function pids(): Promise<number[]> {
    const names = await readdir(directory);
    return names.filter((name) => name.startsWith('pid.')).map((name) => Number(name.slice(4)));
  }

  async function survivors(): Promise<number[]> {
    return (await pids()).filter(exists);
  }

  it('says which server failed, with its exit code and last lines, and leaves none running', async () => {
    await imitate('ndbmtd', 'echo "Unable to allocate memory"; exit 3');
    const cluster = await create();

    const starting = cluster.start();

    await expect(starting).rejects.toThrow(/^ndbmtd of rondb-[12] ended with exit code 3: Unable to allocate memory/);
    expect(await survivors()).toEqual([]);
  });

  it('takes other ports when somebody was faster', async () => {
    await imitate('ndb_mgmd', `touch ${directory}/attempt.$$; echo "Mgmd node is started on port that is already in use."; exit 1`);
    const cluster = await create();

    await expect(cluster.start()).rejects.toThrow('already in use');

    const attempts = (await readdir(directory)).filter((name) => name.startsWith('attempt.'));
    expect(attempts).toHaveLength(3);
  });

  it.each([
    ['its data nodes start', 'exec sleep 60', 4],
    ['mysqld starts', 'exit 0', 6],
  ])('can be stopped while %s, and again', async (_, waiter, programs) => {
    await imitate('ndb_waiter', waiter);
    await imitate('mysqld', 'case "$*" in *--initialize*) exit 0 ;; esac; exec sleep 60');
    await imitate('mysql', 'exit 1');
    const cluster = await create();
    const starting = expect(cluster.start()).rejects.toThrow(/ended by SIGTERM|has been stopped/);
    while ((await pids()).length < programs) await new Promise((again) => setTimeout(again, 20));

    await cluster.stop();
    await cluster.stop();

    await starting;
    expect(await survivors()).toEqual([]);
  });

  it('names the package of a library that the system lacks', async () => {
    const loader = 'error while loading shared libraries: libaio.so.1: cannot open shared object file';
    await writeFile(join(directory, 'rondb/bin/mysqld'), `#!/bin/sh\necho "mysqld: ${loader}" >&2\nexit 127\n`);

    await expect(create()).rejects.toThrow('lacks libaio.so.1: apt-get install libaio1');
  });

  it.each([
    ['a directory without binaries', { rondbHome: '/nowhere' }, 'there is no program /nowhere/bin/ndb_mgmd'],
    ['a number of data nodes that makes no whole node groups', { dataNodes: 3 }, 'has 1, 2 or 4 data nodes, not 3'],
    ['a directory too deep for a socket', { directory: `/tmp/${'x'.repeat(80)}` }, 'choose a shorter directory'],
  ])('refuses %s', async (_, options, message) => {
    await expect(create(options)).rejects.toThrow(message);
  });
});

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
