import { describe, expect, it } from 'vitest';
import { startVerification } from '../../../lambdas/start-verification/start-verification.ts';
import { verificationRequestSchema } from '../../../model/request.ts';
import { depthSchema } from '../../../model/verification.ts';
import { CLUSTER } from '../../fixtures/backup.ts';
import { givenStarter } from '../../fixtures/starter.ts';

const ARN = 'arn:aws:states:eu-north-1:111122223333:stateMachine:hopsdr-example-verify';
const scheduled = { schedule: 'weekly', scheduledTime: '2026-11-22T06:00:00Z', depth: 'bytes' };

describe('a schedule of verifications', () => {
  it.each(depthSchema.options)('starts one of the newest backup to the depth %s, with an input that the machine takes', async (depth) => {
    const { started, starter } = givenStarter(ARN);

    expect(await startVerification({ ...scheduled, depth }, starter)).toEqual({ name: 'weekly-20261122T060000Z', started: true });

    expect(started).toMatchObject([{ stateMachineArn: ARN, name: 'weekly-20261122T060000Z' }]);
    const request = { cluster: CLUSTER, backup: 'latest', depth };
    expect(verificationRequestSchema.parse(JSON.parse(started[0]?.input ?? ''))).toEqual(request);
  });

  it('that is delivered twice starts one', async () => {
    const { started, starter } = givenStarter(ARN);
    await startVerification(scheduled, starter);

    expect(await startVerification(scheduled, starter)).toMatchObject({ started: false });

    expect(started).toHaveLength(1);
  });

  it.each([
    ['no depth', { depth: undefined }],
    ['a depth that nobody knows', { depth: 'everything' }],
    ['a time that the scheduler did not fill in', { scheduledTime: '<aws.scheduler.scheduled-time>' }],
    ['another backup than the newest', { backup: '263261030' }],
  ])('starts nothing with %s', async (_what, change) => {
    const { started, starter } = givenStarter(ARN);

    await expect(startVerification({ ...scheduled, ...change }, starter)).rejects.toMatchObject({ name: 'RequestInvalid' });

    expect(started).toEqual([]);
  });
});
