import { describe, expect, it } from 'vitest';
import type { ExecutingCommand } from '../../../lambdas/aws/ssm.ts';
import { cancelCommands } from '../../../lambdas/cancel-commands/cancel-commands.ts';
import { executionArn } from '../../fixtures/execution.ts';

const NAME = 'nightly-20261122T020000Z';
const STOPPED = Date.parse('2026-11-22T02:30:00Z');
const detail = { executionArn: executionArn('backup', NAME), name: NAME, status: 'ABORTED', stopDate: STOPPED };
const command = (commandId: string, overrides: Partial<ExecutingCommand> = {}): ExecutingCommand => ({
  commandId,
  documentName: 'hopsdr-example-upload-rondb-backup',
  comment: `backup:${NAME}`,
  requestedAt: new Date(STOPPED - 1),
  ...overrides,
});

/** SSM in which these commands execute until they are cancelled. */
function givenExecuting(...commands: ExecutingCommand[]) {
  const cancelled: string[] = [];
  const canceller = {
    documentPrefix: 'hopsdr-example-',
    listExecuting: async () => commands.filter(({ commandId }) => !cancelled.includes(commandId)),
    cancel: async (commandId: string) => void cancelled.push(commandId),
  };
  return { canceller, cancelled };
}

describe('cancelling the commands of an execution', () => {
  it('cancels all of them and tells how many they were', async () => {
    const { canceller, cancelled } = givenExecuting(command('c-1'), command('c-2'));

    expect(await cancelCommands(detail, canceller)).toEqual({ executing: 2 });

    expect(cancelled).toEqual(['c-1', 'c-2']);
  });

  it('is over when a later look finds none', async () => {
    const { canceller } = givenExecuting(command('c-1'));
    await cancelCommands(detail, canceller);

    expect(await cancelCommands(detail, canceller)).toEqual({ executing: 0 });
  });

  it.each([
    ['of another execution', { comment: 'backup:nightly-20261123T020000Z' }],
    ['of the execution of another machine with the same name', { comment: `restore:${NAME}` }],
    ['of an execution whose name begins alike', { comment: `backup:${NAME}-2` }],
    ['without a comment', { comment: '' }],
    ['of a redrive, sent after the execution had stopped', { requestedAt: new Date(STOPPED + 1) }],
    ['of another document', { documentName: 'AWS-RunShellScript' }],
    ["of another cluster, whose documents' names begin alike", { documentName: 'hopsdr-example-2-upload-rondb-backup' }],
  ])('leaves a command alone %s', async (_what, other) => {
    const { canceller, cancelled } = givenExecuting(command('c-1', other));

    expect(await cancelCommands(detail, canceller)).toEqual({ executing: 0 });

    expect(cancelled).toEqual([]);
  });

  it('fails when one cannot be cancelled, after it has tried all', async () => {
    const { canceller, cancelled } = givenExecuting(command('c-1'), command('c-2'), command('c-3'));
    const cancel = (commandId: string) => (commandId === 'c-2' ? Promise.reject(new Error('no answer')) : canceller.cancel(commandId));

    await expect(cancelCommands(detail, { ...canceller, cancel })).rejects.toThrow('no answer');

    expect(cancelled).toEqual(['c-1', 'c-3']);
  });

  it.each([
    ['without an execution', { stopDate: STOPPED }],
    ['without the time at which the execution stopped', { executionArn: detail.executionArn }],
    ["with another cluster's", { executionArn: detail.executionArn.replace('example', 'other') }],
    ['with the execution of run-on-nodes', { executionArn: detail.executionArn.replace('-backup', '-backup-run-on-nodes') }],
  ])('refuses an input %s', async (_what, input) => {
    const { canceller } = givenExecuting(command('c-1'));

    await expect(cancelCommands(input, canceller)).rejects.toMatchObject({ name: 'RequestInvalid' });
  });
});
