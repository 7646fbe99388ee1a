import { describe, expect, it } from 'vitest';
import type { LeaseJudge } from '../../../lambdas/lease.ts';
import { takeLease } from '../../../lambdas/take-lease/take-lease.ts';
import { layout } from '../../../model/layout.ts';
import { CLUSTER } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { executionArn } from '../../fixtures/execution.ts';

const execution = executionArn('restore', 'back-to-monday');

function givenJudge() {
  const bucket = memoryBucket();
  const judge: LeaseJudge = {
    cluster: CLUSTER,
    bucket,
    statusOf: async () => 'RUNNING',
    hasRunning: async () => false,
    readHistory: async () => [],
    now: () => new Date('2026-11-22T02:00:00Z'),
  };
  return { judge, objects: bucket.objects };
}

describe('taking the lease', () => {
  it('writes who has it', async () => {
    const { judge, objects } = givenJudge();

    expect(await takeLease({ execution, changes: true }, judge)).toEqual({ taken: true });

    expect(objects.get(layout.lease(CLUSTER))).toContain(execution);
  });

  it('is left out by who changes nothing', async () => {
    const { judge, objects } = givenJudge();

    expect(await takeLease({ execution, changes: false }, judge)).toEqual({ taken: false });

    expect(objects.size).toBe(0);
  });

  it.each([{ execution }, { execution: 'arn', changes: true }, { execution: execution.replace(CLUSTER, 'other'), changes: true }])(
    'refuses the input %j',
    async (input) => {
      await expect(takeLease(input, givenJudge().judge)).rejects.toMatchObject({ name: 'RequestInvalid' });
    },
  );
});
