import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcesses } from '../../../local/cluster/processes.ts';

describe('the processes of a cluster', () => {
  let directory: string;
  let processes: ReturnType<typeof createProcesses>;
  const never = () => new Promise<never>(() => {});
  const log = (name: string) => join(directory, `${name}.log`);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hopsdr-processes-'));
    processes = createProcesses();
  });

  afterEach(async () => {
    await processes.kill();
    await rm(directory, { recursive: true });
  });

  it('hands a program its input and returns what it prints', async () => {
    const output = await processes.run('cat', 'cat', [], 'é\n');

    expect(output).toBe('é\n');
  });

  it('rejects with the exit code and the last lines of a program that fails', async () => {
    const failing = processes.run('the tool', 'sh', ['-c', 'seq 20 >&2; exit 7']);

    await expect(failing).rejects.toThrow('the tool ended with exit code 7: 13\n14\n15\n16\n17\n18\n19\n20');
  });

  it('rejects when a program does not exist', async () => {
    await expect(processes.run('the tool', join(directory, 'absent'), [])).rejects.toThrow(/^the tool could not be started: .*ENOENT/);
  });

  it('notices a server that ended before anybody waited for it', async () => {
    processes.serve('ndbmtd', log('ndbmtd'), 'sh', ['-c', 'echo no memory; exit 3']);
    await processes.run('sleep', 'sleep', ['0.2']);

    const waiting = processes.whileServing(never());

    await expect(waiting).rejects.toThrow(/^ndbmtd ended with exit code 3: no memory/);
  });

  it.each([
    ['asks servers to end', 'end', 'exec sleep 60', 'SIGTERM'],
    ['kills servers without asking', 'kill', 'trap "" TERM; echo trapped; exec sleep 60', 'SIGKILL'],
  ] as const)('%s, and waits for them', async (_, how, script, signal) => {
    processes.serve('server', log('server'), 'sh', ['-c', script]);
    const ending = processes.whileServing(never());

    await Promise.all([processes[how](), expect(ending).rejects.toThrow(`server ended by ${signal}`)]);
  });

  it('starts nothing after it was closed', async () => {
    processes.close();

    await expect(processes.run('the tool', 'true', [])).rejects.toThrow('the tool was not started');
  });
});
