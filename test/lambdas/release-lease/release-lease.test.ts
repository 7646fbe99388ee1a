import { describe, expect, it } from 'vitest';
import type { ExecutionStatus } from '../../../lambdas/aws/sfn.ts';
import { releaseLease } from '../../../lambdas/release-lease/release-lease.ts';
import { layout } from '../../../model/layout.ts';
import { CLUSTER } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { executionArn } from '../../fixtures/execution.ts';

const KEY = layout.lease(CLUSTER);
const execution = executionArn('backup', 'nightly');

/** Releases a lease that this execution holds; who holds it then. */
async function holderAfter(input: object, status: ExecutionStatus | undefined, holder = execution) {
  const bucket = memoryBucket({ [KEY]: JSON.stringify({ holder: { execution: holder, since: '2026-11-22T02:00:00.000Z' }, turn: 7 }) });
  await releaseLease(input, { cluster: CLUSTER, bucket, statusOf: async () => status });
  return JSON.parse(bucket.objects.get(KEY) ?? '').holder?.execution ?? null;
}

describe('releasing the lease', () => {
  it('is what an execution does that is done, while it still runs', async () => {
    expect(await holderAfter({ execution, done: true }, 'RUNNING')).toBeNull();
  });

  it.each<[ExecutionStatus | undefined]>([['FAILED'], ['ABORTED'], ['TIMED_OUT'], [undefined]])(
    'is done for an execution that has ended as %s',
    async (status) => {
      expect(await holderAfter({ execution, done: false }, status)).toBeNull();
    },
  );

  it.each<[ExecutionStatus]>([['RUNNING'], ['PENDING_REDRIVE']])('is not done for one that was redriven and is %s', async (status) => {
    expect(await holderAfter({ execution, done: false }, status)).toBe(execution);
  });

  it('leaves the lease of somebody else alone', async () => {
    const other = executionArn('backup', 'noon');

    expect(await holderAfter({ execution, done: false }, 'FAILED', other)).toBe(other);
  });

  it.each([{ execution }, { execution: 'arn', done: true }])('refuses the input %j', async (input) => {
    await expect(holderAfter(input, 'FAILED')).rejects.toMatchObject({ name: 'RequestInvalid' });
  });
});
