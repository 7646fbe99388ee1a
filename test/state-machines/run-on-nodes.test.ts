import { describe, expect, it } from 'vitest';
import { arnOf, definitionOf, runnerFunctions } from '../../local/simulation/machines.ts';
import { createNodes, type Doing } from '../../local/simulation/nodes.ts';
import { virtualClock } from '../../local/simulation/virtual-clock.ts';
import { failing, practice } from '../local/engine/practice.ts';

const INSTANCE = 'i-0000000000000000a';

/** Runs an action of so many seconds on one node; the function that waits ends with these errors at first, 100 s after each call. */
async function runOnNode(seconds: number, ...errors: string[]) {
  const clock = virtualClock();
  const record: Doing[] = [];
  const nodes = createNodes({
    clock,
    record,
    instances: { head: [], rondb: [INSTANCE], hopsfs: [] },
    course: () => ({ delayMs: 1000, durationMs: seconds * 1000, ending: 'success' }),
  });
  const { send, read } = runnerFunctions(nodes, clock);
  const functions = {
    send: (_: string, payload: unknown) => send(payload),
    async read(_: string, payload: unknown) {
      const error = errors.shift();
      if (!error) return await read(payload);
      await clock.sleep(100_000, new AbortController().signal);
      return failing(error)();
    },
  };
  const engine = practice({ runner: definitionOf('run-on-nodes', { SendCommand: 'send', ReadCommand: 'read' }) }, functions, clock);
  const input = {
    action: 'RebuildRondbIndexes',
    targets: { instanceIds: [INSTANCE] },
    parameters: { connectString: 'mgmd:1186', backupId: '263261030', backupNodeId: '1', selection: 'all' },
    AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn:aws:states:eu-north-1:123456789012:execution:hopsdr-x-restore:practised',
  };
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('runner'), input });
  return { ...(await engine.settled(executionArn)), record };
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
