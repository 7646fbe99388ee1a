import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cancelCommands } from '../../lambdas/cancel-commands/cancel-commands.ts';
import { describeFailure } from '../../lambdas/describe-failure/describe-failure.ts';
import { commentOf, executionArnSchema } from '../../lambdas/execution.ts';
import type { Starter } from '../../lambdas/scheduled.ts';
import { startBackup } from '../../lambdas/start-backup/start-backup.ts';
import { startVerification } from '../../lambdas/start-verification/start-verification.ts';
import { layout } from '../../model/layout.ts';
import { backupRequestSchema, verificationRequestSchema } from '../../model/request.ts';
import { BACKUP_ID, backupPlan, CLUSTER, START_TIME } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';
import { executionArn } from '../fixtures/execution.ts';
import { hostileText, values } from './payloads.ts';

/** Something hostile, or anything that JSON can hold. */
const anything = fc.oneof(hostileText, fc.constantFrom(...values), fc.jsonValue());

/** An event in which some fields are something else, are gone, or are new. */
const spoiltEvent = (event: Readonly<Record<string, unknown>>) =>
  fc
    .dictionary(fc.constantFrom(...Object.keys(event), '__proto__', 'more'), fc.option(anything, { nil: undefined }), { maxKeys: 3 })
    .map((by) => ({
      ...event,
      ...by,
    }));

describe('an event of the Scheduler in which fields are hostile', () => {
  const scheduled = { schedule: 'nightly', scheduledTime: '2026-11-22T02:00:00Z' };
  const backup = (input: unknown, starter: Starter) => startBackup(input, starter);

  it.each([
    ['backup', scheduled, backup, backupRequestSchema],
    ['verification', { ...scheduled, depth: 'bytes' }, startVerification, verificationRequestSchema],
  ] as const)('starts one %s of its own cluster, or nothing, by name', async (_, event, start, request) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(spoiltEvent(event), anything), async (input) => {
        const started: Parameters<Starter['startExecution']>[0][] = [];
        const startExecution: Starter['startExecution'] = async (execution) => started.push(execution) === 1;

        const error = await start(input, { cluster: CLUSTER, stateMachineArn: 'own', startExecution }).then(
          () => undefined,
          (thrown: Error) => thrown,
        );

        if (error) expect({ name: error.name, started }).toEqual({ name: 'RequestInvalid', started: [] });
        else {
          expect(started).toEqual([
            { stateMachineArn: 'own', name: expect.stringMatching(/^[a-z][a-z0-9-]{0,19}-[0-9T]{15}Z$/), input: expect.any(String) },
          ]);
          expect(request.parse(JSON.parse(started[0]?.input ?? ''))).toMatchObject({ cluster: CLUSTER });
        }
        expect(({} as { owned?: unknown }).owned).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('an event of Step Functions in which fields are hostile', () => {
  const event = {
    executionArn: executionArn('backup', backupPlan().executionId),
    status: 'ABORTED',
    startDate: Date.parse(START_TIME),
    stopDate: Date.parse(START_TIME) + 1000,
    input: JSON.stringify({ cluster: CLUSTER }),
    error: 'Operator',
    cause: 'x',
  };
  const other = layout.plan('other', BACKUP_ID);
  const objects = {
    [layout.plan(CLUSTER, BACKUP_ID)]: JSON.stringify(backupPlan()),
    [other]: JSON.stringify(backupPlan({ cluster: 'other', prefix: layout.backup('other', BACKUP_ID) })),
    [layout.lease(CLUSTER)]: JSON.stringify({ holder: { execution: event.executionArn, since: START_TIME }, turn: 1 }),
  };

  it('is described in a message that SNS takes, and sweeps nothing of another cluster, or is refused', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    await fc.assert(
      fc.asyncProperty(fc.oneof(spoiltEvent(event), anything), async (detail) => {
        const read: string[] = [];
        const bucket = memoryBucket(objects);
        const watched = {
          ...bucket,
          read(key: string) {
            read.push(key);
            return bucket.read(key);
          },
        };
        const place = { bucketName: 'own-bucket', connectString: 'mgmd:1186', runbook: 'r', bucket: watched };

        const described = await describeFailure(detail, { cluster: CLUSTER, ...place }).catch((error: Error) => error);

        expect(read.filter((key) => !key.startsWith(`${CLUSTER}/`))).toEqual([]);
        if (described instanceof Error) {
          expect(described.name).toBe('RequestInvalid');
          return;
        }
        expect(described.subject).toMatch(/^[ -~]{1,99}$/);
        expect(Buffer.byteLength(described.message)).toBeLessThan(256 * 1024);
        if (described.plan)
          expect(described.plan).toMatchObject({ bucket: 'own-bucket', prefix: layout.backup(CLUSTER, described.plan.backupId) });
        if (described.sweep) expect(described.plan).toMatchObject({ backupId: BACKUP_ID });
      }),
      { numRuns: 500 },
    );
    log.mockRestore();
  });

  it.each(['backup', 'restore', 'verify'] as const)(
    'is described in a message that SNS takes, however long a %s and its failure are',
    async (machine) => {
      const arn = executionArn(machine, 'x');
      const long = {
        input: JSON.stringify({ cluster: CLUSTER, x: 'ä'.repeat(100_000) }),
        error: 'RequestInvalid',
        cause: '€'.repeat(32_768),
      };
      const place = { bucketName: 'own-bucket', connectString: 'mgmd:1186', runbook: 'r', bucket: memoryBucket(objects) };

      const { message } = await describeFailure({ ...event, executionArn: arn, status: 'FAILED', ...long }, { cluster: CLUSTER, ...place });

      expect(Buffer.byteLength(message)).toBeLessThan(128 * 1024);
      expect(message).toContain(arn);
    },
  );
});

describe('the comment by which the commands of an execution are found', () => {
  const schema = executionArnSchema('hopsdr-example-');
  const machine = fc.constantFrom('backup', 'restore', 'verify', 'sweep', 'clean-up');
  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/),
    hostileText,
    fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }),
  );
  const execution = fc
    .record({ machine, name })
    .map((of) => ({ ...of, arn: executionArn('backup', 'x').replace(/backup:x$/, `${of.machine}:${of.name}`) }));

  it('fits into what SSM takes, and is that of no other execution', () => {
    let accepted = 0;
    fc.assert(
      fc.property(execution, execution, (one, another) => {
        const ids = [one, another].map(({ arn }) => schema.safeParse(arn).data);
        const comments = ids.flatMap((id) => (id ? [commentOf(id)] : []));
        for (const comment of comments) expect([...comment].length).toBeLessThanOrEqual(100);
        accepted += comments.length;
        if (comments.length === 2) expect(comments[0] === comments[1]).toBe(one.arn === another.arn);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('cancels no command that only looks like one of its own', async () => {
    const own = {
      commandId: 'own',
      documentName: 'hopsdr-example-inspect-cluster',
      comment: 'backup:nightly',
      requestedAt: new Date(1000),
    };
    const field = fc.constantFrom('documentName' as const, 'comment' as const);
    await fc.assert(
      fc.asyncProperty(field, hostileText, fc.boolean(), async (changed, text, behind) => {
        const strange = { ...own, commandId: 'strange', [changed]: behind ? `${own[changed]}${text}` : text };
        const cancelled: string[] = [];
        const cancel = async (commandId: string) => void cancelled.push(commandId);

        await cancelCommands(
          { executionArn: executionArn('backup', 'nightly'), stopDate: 2000 },
          { listExecuting: async () => [own, strange], cancel, documentPrefix: 'hopsdr-example-' },
        );

        expect(cancelled).toEqual(['own']);
      }),
    );
  });
});
