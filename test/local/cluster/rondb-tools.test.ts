import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installTools } from '../../../local/cluster/rondb-tools.ts';

describe('the tools on a practice node', () => {
  let directory: string;
  const tool = (name: string) => join(directory, 'node/mysql/bin', name);
  const run = async (name: string, ...more: string[]) => (await promisify(execFile)(tool(name), ['--no-defaults', ...more])).stdout.trim();
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hopsdr-tools-'));
    await mkdir(join(directory, 'rondb/bin'), { recursive: true });
    for (const name of ['ndb_restore', 'ndb_mgm']) {
      const program = join(directory, 'rondb/bin', name);
      await writeFile(program, '#!/bin/sh\necho "$@"\n[ "$3" != wait ] || read -r line\n');
      await chmod(program, 0o755);
    }
    await installTools(join(directory, 'node'), join(directory, 'rondb'), join(directory, 'locks'), [60, 61, 62]);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('take the node id that has rested longest', async () => {
    const told = [];
    for (let turn = 0; turn < 4; turn++) told.push(await run('ndb_restore', '-r'));

    expect(told.slice(0, 3).sort()).toEqual([60, 61, 62].map((id) => `--no-defaults --ndb-nodeid=${id} -r`));
    expect(told[3]).toBe(told[0]);
  });

  it('leave alone the node id of one that runs', async () => {
    const running = spawn(tool('ndb_restore'), ['--no-defaults', 'wait']);
    const [taken] = await once(running.stdout, 'data');

    const told = [];
    for (let turn = 0; turn < 4; turn++) told.push(await run('ndb_restore', 'go'));
    running.stdin.end('\n');
    await once(running, 'close');

    expect(told).not.toContain(String(taken).trim().replace('wait', 'go'));
  });

  it('are told no node id when they ask only the management server', async () => {
    expect(await run('ndb_mgm', '-e', 'SHOW')).toBe('--no-defaults -e SHOW');
  });
});
