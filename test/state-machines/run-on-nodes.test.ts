import { describe, expect, it } from 'vitest';
import { arnOf, definitionOf, runnerFunctions } from '../../local/simulation/machines.ts';
import { createNodes, type Doing } from '../../local/simulation/nodes.ts';
import { virtualClock } from '../../local/simulation/virtual-clock.ts';
import { failing, practice } from '../local/engine/practice.ts';

const INSTANCE = 'i-0000000000000000a';

const PARENT = 'arn:aws:states:eu-north-1:123456789012:execution:hopsdr-x-restore:practised';

/** Runs an action of so many seconds on one node; the function that waits ends with these errors at first, 100 s after each call. */
const runOnNode = (seconds: number, ...errors: string[]) => run({ seconds, errors });

interface Given {
  readonly seconds?: number;
  readonly errors?: string[];
  readonly redrives?: number;
  readonly lease?: () => unknown;
}

async function run({ seconds = 1, errors = [], redrives, lease = () => ({}) }: Given) {
  const clock = virtualClock();
  const record: Doing[] = [];
  const nodes = createNodes({
    clock,
    record,
    instances: { head: [], rondb: [INSTANCE], hopsfs: [] },
    course: () => ({ delayMs: 1000, durationMs: seconds * 1000, ending: 'success' }),
  });
  const { send, read } = runnerFunctions(nodes, clock);
  const leases: unknown[] = [];
  const functions = {
    lease(_: string, payload: unknown) {
      leases.push(payload);
      return lease();
    },
    send: (_: string, payload: unknown) => send(payload),
    async read(_: string, payload: unknown) {
      const error = errors.shift();
      if (!error) return await read(payload);
      await clock.sleep(100_000, new AbortController().signal);
      return failing(error)();
    },
  };
  const engine = practice(
    { runner: definitionOf('run-on-nodes', { TakeLease: 'lease', SendCommand: 'send', ReadCommand: 'read' }) },
    functions,
    clock,
  );
  const input = {
    action: 'RebuildRondbIndexes',
    targets: { instanceIds: [INSTANCE] },
    parameters: { connectString: 'mgmd:1186', backupId: '263261030', backupNodeId: '1', selection: 'all' },
    AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: PARENT,
    ...(redrives !== undefined && { redrives }),
  };
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('runner'), input });
  return { ...(await engine.settled(executionArn)), record, leases };
}

describe('a step on nodes', () => {
  it.each(['Sandbox.Timedout', 'Lambda.Unknown', 'Runtime.ExitError', 'Lambda.ServiceException'])(
    'goes on waiting for what was sent when its function ends with %s, time and again',
    async (error) => {
      const { status, output, record } = await runOnNode(1000, error, error, error);

      expect(status).toBe('SUCCEEDED');
      expect(output).toEqual({ nodes: [{ instanceId: INSTANCE, answer: {} }] });
      expect(record).toHaveLength(1);
    },
  );

  it.each(['NodeFailed', 'BackupAborted', 'ScriptFailed'])('fails at once when its nodes failed, as %s', async (error) => {
    expect(await runOnNode(1000, error)).toMatchObject({ status: 'FAILED', error });
  });
});

describe('a step for an execution that was redriven', () => {
  it('takes the lease before anything is sent', async () => {
    const { status, record, leases } = await run({ redrives: 1 });

    expect(status).toBe('SUCCEEDED');
    expect(leases).toEqual([{ execution: PARENT, changes: true }]);
    expect(record).toHaveLength(1);
  });

  it('sends nothing, and does not wait, while another one holds it', async () => {
    const { status, error, record, leases } = await run({ redrives: 2, lease: failing('LeaseHeld') });

    expect({ status, error }).toEqual({ status: 'FAILED', error: 'LeaseHeld' });
    expect(leases).toHaveLength(1);
    expect(record).toEqual([]);
  });

  it('waits for the clean-up after another one', async () => {
    let asked = 0;
    const lease = () => (++asked < 9 ? failing('CleanUpUnderWay')() : {});

    expect(await run({ redrives: 1, lease })).toMatchObject({ status: 'SUCCEEDED', record: [{}] });
  });

  it.each([0, undefined])('has it still when it was redriven %s times', async (redrives) => {
    expect(await run({ ...(redrives !== undefined && { redrives }) })).toMatchObject({ status: 'SUCCEEDED', leases: [] });
  });
});
