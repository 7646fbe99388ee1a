import { describe, expect, it, vi } from 'vitest';
import type { RunCommand } from '../../../lambdas/aws/ssm.ts';
import { readCommand, type Waiting } from '../../../lambdas/read-command/read-command.ts';
import { catalogue } from '../../../model/errors.ts';
import { instanceOf } from '../../fixtures/backup.ts';

interface Invocation {
  readonly Status?: string;
  readonly StatusDetails?: string;
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

const succeeded = { Status: 'Success', exitCode: 0, stdout: '{"tables":7}\n' };
const failed = (exitCode: number, stderr = 'working\nnode-1: it broke.\n') => ({
  Status: 'Failed',
  StatusDetails: 'Failed',
  exitCode,
  stderr,
});

/** SSM in which node n of the command has the n-th invocation; undefined is one that SSM does not list yet. */
function givenInvocations(...invocations: (Invocation | undefined)[]) {
  const byInstance = new Map(invocations.map((invocation, index) => [instanceOf(index + 1), invocation]));
  const runCommand: Pick<RunCommand, 'listInvocations' | 'readOutput'> = {
    listInvocations: async (CommandId) =>
      [...byInstance].flatMap(([InstanceId, invocation]) => (invocation ? [{ CommandId, InstanceId, ...invocation } as never] : [])),
    readOutput: async (_commandId, instanceId) => ({ exitCode: -1, stdout: '', stderr: '', ...byInstance.get(instanceId) }),
  };
  return { runCommand, input: { action: 'RestoreRondbSchema', commandIds: ['c-1'], instanceIds: [...byInstance.keys()], sentAt: SENT_AT } };
}

const SENT_AT = Date.parse('2026-11-22T10:30:00Z');

/** A clock that shows so many minutes since the command was sent, and jumps over every sleep; `waitedMs` since then. */
function afterMinutes(minutes: number): Waiting & { waitedMs(): number } {
  const start = SENT_AT + minutes * 60_000;
  let time = start;
  return {
    now: () => time,
    sleep: async (ms) => {
      time += ms;
    },
    waitedMs: () => time - start,
  };
}

async function read(...invocations: (Invocation | undefined)[]) {
  const { input, runCommand } = givenInvocations(...invocations);
  return await readCommand(input, runCommand, afterMinutes(1));
}

describe('reading a command', () => {
  it("is done when every node succeeded, with each node's answer", async () => {
    expect(await read(succeeded, { ...succeeded, stdout: '{"tables":8}' })).toEqual({
      done: true,
      nodes: [
        { instanceId: instanceOf(1), answer: { tables: 7 } },
        { instanceId: instanceOf(2), answer: { tables: 8 } },
      ],
    });
  });

  it.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'])('is not done while one node is %s', async (Status) => {
    expect(await read(succeeded, { Status })).toEqual({ done: false });
  });

  it('is not done while SSM does not list a node', async () => {
    expect(await read(succeeded, undefined)).toEqual({ done: false });
  });

  it('waits for the others before it reports a node that failed, so that nothing runs on', async () => {
    expect(await read(failed(22), { Status: 'InProgress' })).toEqual({ done: false });
  });

  it('reads all commands of a step, and asks each node under its own', async () => {
    const asked: string[] = [];
    const of = (CommandId: string, InstanceId: string) => [{ CommandId, InstanceId, Status: 'Success' as const }];

    const state = await readCommand(
      { action: 'RestoreRondbSchema', commandIds: ['c-1', 'c-2'], instanceIds: [instanceOf(1), instanceOf(2)], sentAt: SENT_AT },
      {
        listInvocations: async (commandId) => of(commandId, instanceOf(commandId === 'c-1' ? 1 : 2)),
        readOutput: async (commandId, instanceId) => {
          asked.push(`${commandId} ${instanceId}`);
          return { exitCode: 0, stdout: '{"tables":1}', stderr: '' };
        },
      },
      afterMinutes(1),
    );

    expect(state.done).toBe(true);
    expect(asked.sort()).toEqual([`c-1 ${instanceOf(1)}`, `c-2 ${instanceOf(2)}`]);
  });

  it('lists the answers of 144 nodes in the order of their ids', async () => {
    const state = await read(...Array.from({ length: 144 }, () => succeeded));

    expect(state.done && state.nodes.map(({ instanceId }) => instanceId)).toEqual(Array.from({ length: 144 }, (_, n) => instanceOf(n + 1)));
  });
});

describe('waiting for a command', () => {
  /** SSM with two commands of one node each, which end so many seconds after they were sent; `asked` are the commands that were listed. */
  function givenEnds(...seconds: number[]) {
    const asked: string[] = [];
    const clock = afterMinutes(0);
    const commandIds = seconds.map((_, index) => `c-${index + 1}`);
    const instanceIds = seconds.map((_, index) => instanceOf(index + 1));
    const statusOf = (index: number) => (clock.waitedMs() < (seconds[index] ?? 0) * 1000 ? 'InProgress' : 'Success');
    const listInvocations: RunCommand['listInvocations'] = async (CommandId) => {
      asked.push(CommandId);
      const index = commandIds.indexOf(CommandId);
      return [{ CommandId, InstanceId: instanceIds[index] ?? '', Status: statusOf(index) }];
    };
    const readOutput = async () => ({ exitCode: 0, stdout: '{"tables":1}', stderr: '' });
    const input = { action: 'RestoreRondbSchema', commandIds, instanceIds, sentAt: SENT_AT };
    return { asked, clock, input, runCommand: { listInvocations, readOutput } };
  }

  it('sees the end of the last node within a second during the first five minutes', async () => {
    const { clock, input, runCommand } = givenEnds(100.5);

    expect(await readCommand(input, runCommand, clock)).toMatchObject({ done: true });

    expect(clock.waitedMs()).toBe(101_000);
  });

  it('answers after four minutes that nodes still work', async () => {
    const { clock, input, runCommand } = givenEnds(100, 10_000);

    expect(await readCommand(input, runCommand, clock)).toEqual({ done: false });

    expect(clock.waitedMs()).toBe(240_000);
  });

  it.each([
    [1, 240],
    [8, 133],
    [60, 120],
    [2880, 120],
  ])('asks SSM less often the longer the command takes: from minute %i on about %i times in four minutes', async (minutes, times) => {
    const { runCommand, input, asked } = givenEnds(Number.POSITIVE_INFINITY);

    await readCommand(input, runCommand, afterMinutes(minutes));

    expect(Math.abs(asked.length - times)).toBeLessThan(10);
  });

  it('asks for one command only while a node of it works, whichever it is', async () => {
    const { clock, input, runCommand, asked } = givenEnds(10, 120, 5);

    await readCommand(input, runCommand, clock);

    expect(asked.length).toBeLessThan(120 + 10);
    expect(new Set(asked.slice(20, -2))).toEqual(new Set(['c-2']));
  });

  it('asks again when SSM has trouble for a while, and says so in the log; not for what it has read', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const { clock, input, runCommand, asked } = givenEnds(5, 5, 5);
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    let refused = 0;
    const refusing = async <T>(isRefused: boolean, work: () => Promise<T>) => {
      if (!isRefused) return await work();
      refused += 1;
      throw throttled;
    };
    const read: string[] = [];

    const state = await readCommand(
      input,
      {
        listInvocations: (commandId) => refusing(refused < 2, () => runCommand.listInvocations(commandId)),
        readOutput: (_, instanceId) =>
          refusing(refused < 5 && read.length === 2, async () => {
            read.push(instanceId);
            return await runCommand.readOutput();
          }),
      },
      clock,
    );

    expect(state.done).toBe(true);
    expect(asked.length).toBeGreaterThan(9);
    expect(read).toHaveLength(3);
    expect(warn.mock.calls).toEqual(Array.from({ length: 5 }, () => [expect.any(String), throttled]));
    warn.mockRestore();
  });

  it("fails with SSM's own error when it has answered nothing for four minutes", async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const { clock, input, runCommand } = givenEnds(5);
    const refused = Object.assign(new Error('no'), { name: 'AccessDeniedException' });

    const state = readCommand(input, { ...runCommand, listInvocations: () => Promise.reject(refused) }, clock);

    await expect(state).rejects.toBe(refused);
    expect(clock.waitedMs()).toBe(240_000);
    warn.mockRestore();
  });
});

describe('a node that does not take up its command', () => {
  it.each([
    ['is not listed', undefined],
    ['is Pending', { Status: 'Pending' }],
  ])('and %s is waited for during 15 minutes, then it fails the step by its name', async (_what, invocation) => {
    const { input, runCommand } = givenInvocations(succeeded, invocation);

    const early = await readCommand(input, runCommand, afterMinutes(11));
    const late = readCommand(input, runCommand, afterMinutes(11.1));

    expect(early).toEqual({ done: false });
    await expect(late).rejects.toMatchObject({ name: 'NodeFailed', message: expect.stringContaining(`by ${instanceOf(2)}.`) });
  });

  it('is not one that works for hours', async () => {
    const { input, runCommand } = givenInvocations(succeeded, { Status: 'InProgress' });

    expect(await readCommand(input, runCommand, afterMinutes(2700))).toEqual({ done: false });
  });
});

describe('a node that failed', () => {
  it.each(Object.entries(catalogue).flatMap(([name, entry]) => ('exitCode' in entry ? [[entry.exitCode, name] as const] : [])))(
    'with exit code %i fails the step as %s',
    async (exitCode, name) => {
      await expect(read(succeeded, failed(exitCode))).rejects.toMatchObject({ name });
    },
  );

  it('is named with step, exit code and its last sentence', async () => {
    await expect(read(succeeded, failed(15, 'progress\nnode-1: /srv has 3 free bytes.\n\n'))).rejects.toThrow(
      `RestoreRondbSchema failed on ${instanceOf(2)} (DiskFull): exit 15: node-1: /srv has 3 free bytes.`,
    );
  });

  it.each([137, 255, 99])('with the unknown exit code %i fails the step as ScriptFailed', async (exitCode) => {
    await expect(read(failed(exitCode))).rejects.toMatchObject({
      name: 'ScriptFailed',
      message: expect.stringContaining(`exit ${exitCode}`),
    });
  });

  it.each([
    ['TimedOut', 'ExecutionTimedOut'],
    ['TimedOut', 'DeliveryTimedOut'],
    ['Cancelled', 'Cancelled'],
    ['Failed', 'Undeliverable'],
    ['Failed', 'Terminated'],
    ['SomethingNew', 'SomethingNew'],
  ])('as %s, %s, fails the step as NodeFailed', async (Status, StatusDetails) => {
    await expect(read(succeeded, { Status, StatusDetails })).rejects.toMatchObject({
      name: 'NodeFailed',
      message: expect.stringContaining(`${instanceOf(2)} (NodeFailed): ${StatusDetails}`),
    });
  });

  it('is never a success, whatever it printed before', async () => {
    await expect(read({ ...succeeded, Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' })).rejects.toMatchObject({
      name: 'NodeFailed',
    });
  });

  it.each([
    ['nothing', ''],
    ['text', 'done'],
    ['an answer that is cut off', '{"tables":'],
    ['two answers', '{"tables":1}\n{"tables":1}'],
    ['an answer of another step', '{"removed":[]}'],
    ['an unknown field', '{"tables":1,"rows":1}'],
    ['a negative count', '{"tables":-1}'],
  ])('by printing %s after success fails the step as NodeOutputInvalid', async (_what, stdout) => {
    await expect(read({ ...succeeded, stdout })).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
  });

  it('is one of several: the first names the error, five are named, the others counted', async () => {
    const state = read(failed(22), succeeded, ...Array.from({ length: 6 }, () => failed(15)));

    await expect(state).rejects.toMatchObject({
      name: 'BackupAborted',
      message: expect.stringMatching(/^(RestoreRondbSchema failed on [^|]+(\| )?){5} and 2 more nodes /),
    });
  });

  it('that says very much is cut: Step Functions takes a cause of 32,768 characters', async () => {
    const failures = Array.from({ length: 144 }, () => failed(22, 'x'.repeat(8000)));

    const error = await read(...failures).catch((thrown: Error) => thrown);

    expect((error as Error).message.length).toBeLessThan(16_000);
    expect(error).toMatchObject({ name: 'BackupAborted' });
  });
});

describe('an input that send-command did not write', () => {
  it.each([
    ['no commands', { commandIds: [] }],
    ['no instances', { instanceIds: [] }],
    ['an unknown action', { action: 'DropTables' }],
    ['no time', { sentAt: undefined }],
    ['an unknown field', { more: 1 }],
  ])('is refused with %s', async (_what, change) => {
    const { input, runCommand } = givenInvocations(succeeded);

    await expect(readCommand({ ...input, ...change }, runCommand, afterMinutes(1))).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
  });
});

describe('the sentence of a failed script', () => {
  it('is taken from stdout, because SSM keeps only the beginning of a long stderr', async () => {
    const why = await read({ Status: 'Failed', exitCode: 26, stdout: 'node-1: it broke.\n', stderr: 'stored 1\nstored 2\n' }).catch(String);

    expect(why).toContain('exit 26: node-1: it broke.');
  });

  it('is not the line that the SSM agent adds', async () => {
    const why = await read({ Status: 'Failed', exitCode: 137, stderr: 'fetching file 7\nfailed to run commands: exit status 137' }).catch(
      String,
    );

    expect(why).toContain('exit 137: fetching file 7');
  });
});

describe('an instance that has not taken up its command for 15 minutes', () => {
  it('does not fail the step while another node still works', async () => {
    const { input, runCommand } = givenInvocations({ Status: 'Pending' }, { Status: 'InProgress' });

    expect(await readCommand(input, runCommand, afterMinutes(16))).toEqual({ done: false });
  });
});
