import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { HistoryEvent } from '../../../lambdas/aws/sfn.ts';
import { stepsIn } from '../../../lambdas/report-restore/steps.ts';
import { stepFunctionsApi } from '../../../local/engine/api.ts';
import type { Engine } from '../../../local/engine/engine.ts';
import { arnOf, CHILD, definition, failing, lambda, practice } from '../../local/engine/practice.ts';

/** Events that follow one another, a second apart, from second 0 on. */
function chain(...events: readonly Partial<HistoryEvent>[]): HistoryEvent[] {
  return events.map((event, index) => ({ id: index + 1, previousEventId: index, type: '', at: index * 1000, ...event }));
}
const visit = (state: string, ...attempts: readonly Partial<HistoryEvent>[]): Partial<HistoryEvent>[] => [
  { type: 'TaskStateEntered', state },
  ...attempts.flatMap((end) => [{ type: 'TaskScheduled' }, { type: 'TaskStarted' }, { type: 'TaskSucceeded', ...end }]),
  { type: 'TaskStateExited', state },
];

describe('the steps of an execution', () => {
  it('are its tasks, from when each was scheduled to when it ended, in the order in which they began', () => {
    const { steps } = stepsIn(chain(...visit('First', {}), ...visit('Second', {})), 0, 60_000);

    expect(steps).toEqual([
      {
        name: 'First',
        startedAt: '1970-01-01T00:00:01.000Z',
        endedAt: '1970-01-01T00:00:03.000Z',
        seconds: 2,
        attempts: 1,
        failures: [],
        spans: [{ from: 1, to: 3, failed: false }],
      },
      expect.objectContaining({ name: 'Second', seconds: 2, spans: [{ from: 6, to: 8, failed: false }] }),
    ]);
  });

  it('count every attempt, with the name of what failed', () => {
    const failed = { type: 'TaskFailed', error: 'States.TaskFailed', cause: '{"Error":"DiskFull","Cause":"full"}' };
    const late = { type: 'TaskTimedOut', error: 'States.Timeout' };

    const { steps } = stepsIn(chain(...visit('Copy', failed, late, {})), 0, 60_000);

    expect(steps).toMatchObject([{ attempts: 3, seconds: 6, failures: ['DiskFull', 'States.Timeout'] }]);
    expect(steps[0]?.spans.map(({ failed: bad }) => bad)).toEqual([true, true, false]);
  });

  it('are one for a loop, whose visits become one bar when they lie close together', () => {
    const loop = Array.from({ length: 500 }, () => visit('RewindBlockBucket', {})).flat();

    const { steps } = stepsIn(chain(...loop), 0, loop.length * 1000);

    expect(steps).toMatchObject([{ name: 'RewindBlockBucket', attempts: 500, seconds: 1000 }]);
    expect(steps[0]?.spans).toEqual([{ from: 1, to: 2498, failed: false }]);
  });

  it('end now when their end has not been seen, and leave out the report itself', () => {
    const begun = [{ type: 'TaskStateEntered', state: 'Verify' }, { type: 'TaskScheduled' }];
    const report = [{ type: 'TaskStateEntered', state: 'ReportRestore' }, { type: 'TaskScheduled' }];

    const { steps } = stepsIn(chain(...begun, ...report), 0, 11_000);

    expect(steps).toMatchObject([{ name: 'Verify', seconds: 10, endedAt: '1970-01-01T00:00:11.000Z' }]);
  });
});

describe('a redriven execution, as Step Functions records it', () => {
  /** Reads a history over HTTP, through the SDK. */
  async function historyOf(engine: Engine, arn: string): Promise<readonly HistoryEvent[]> {
    const api = stepFunctionsApi(engine);
    const server = createServer(async (request, response) => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      response.end(JSON.stringify(await api(operation, JSON.parse(await text(request)))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_REGION', 'eu-north-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIALOCAL');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local-secret');
    vi.resetModules();
    return (await import('../../../lambdas/aws/sfn.ts')).readHistory(arn);
  }

  /** An action on nodes takes a minute, and fails the first time; beside it a Lambda is asked again and again. */
  async function redriven() {
    const run = (action: string, more: object) => ({
      Type: 'Task',
      Resource: CHILD,
      Arguments: { StateMachineArn: arnOf('run-on-nodes'), Input: { action } },
      ...more,
    });
    const main = definition({
      LookAround: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'InspectCluster', States: { InspectCluster: run('InspectCluster', { End: true }) } },
          {
            StartAt: 'Pause',
            States: {
              Pause: { Type: 'Wait', Seconds: 30, Next: 'SurveyBlocks' },
              SurveyBlocks: lambda('survey', { Next: 'Rest' }),
              Rest: { Type: 'Wait', Seconds: 600, End: true },
            },
          },
        ],
        Next: 'PlanRestore',
      },
      PlanRestore: lambda('plan', { End: true }),
    });
    let attempts = 0;
    const runOnNodes = definition({ Work: { Type: 'Wait', Seconds: 60, Next: 'Send' }, Send: lambda('send', { End: true }) });
    const send = () => {
      attempts += 1;
      if (attempts === 1) failing('NodeOffline')();
      return {};
    };
    const engine = practice({ main, 'run-on-nodes': runOnNodes }, { send, survey: () => ({}), plan: () => ({}) });
    const { executionArn, startDate } = engine.startExecution({ stateMachineArn: arnOf('main'), name: 'run', input: {} });
    await engine.settled(executionArn);
    engine.redriveExecution(executionArn);
    const { stopDate = 0 } = await engine.settled(executionArn);
    return stepsIn(await historyOf(engine, executionArn), startDate, stopDate);
  }

  it('has each attempt with its state, the failed one too', async () => {
    const { steps, redrives } = await redriven();

    expect(redrives).toBe(1);
    expect(steps.map(({ name, attempts, failures, seconds }) => ({ name, attempts, failures, seconds }))).toEqual([
      { name: 'InspectCluster', attempts: 2, failures: ['NodeOffline'], seconds: 120 },
      { name: 'SurveyBlocks', attempts: 1, failures: [], seconds: 0 },
      { name: 'PlanRestore', attempts: 1, failures: [], seconds: 0 },
    ]);
  });

  it('stood still from its failure to its redrive', () => {
    const failed = { type: 'TaskFailed', error: 'DiskFull' };
    const events = chain(
      { type: 'TaskStateEntered', state: 'PlanRestore' },
      { type: 'TaskScheduled' },
      failed,
      { type: 'ExecutionFailed' },
      { type: 'ExecutionRedriven', at: 100_000 },
      { type: 'TaskScheduled', at: 101_000 },
      { type: 'TaskSucceeded', at: 103_000 },
    );

    expect(stepsIn(events, 0, 200_000)).toMatchObject({
      stoodStillSeconds: 97,
      redrives: 1,
      steps: [{ name: 'PlanRestore', attempts: 2, seconds: 3, failures: ['DiskFull'] }],
    });
  });

  it('ends what was under way when it was stopped', () => {
    const events = chain({ type: 'TaskStateEntered', state: 'Copy' }, { type: 'TaskScheduled' }, { type: 'ExecutionAborted' });

    expect(stepsIn(events, 0, 60_000).steps).toMatchObject([{ name: 'Copy', seconds: 1, failures: ['ABORTED'] }]);
  });
});
