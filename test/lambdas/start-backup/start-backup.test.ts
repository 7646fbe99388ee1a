import { describe, expect, it } from 'vitest';
import { startBackup } from '../../../lambdas/start-backup/start-backup.ts';
import { backupRequestSchema } from '../../../model/request.ts';
import { CLUSTER } from '../../fixtures/backup.ts';
import { givenStarter } from '../../fixtures/starter.ts';

const ARN = 'arn:aws:states:eu-north-1:111122223333:stateMachine:hopsdr-example-backup';
const scheduled = { schedule: 'nightly', scheduledTime: '2026-11-22T02:00:00Z' };

describe('a schedule', () => {
  it('starts a backup of the cluster, named after the scheduled time', async () => {
    const { started, starter } = givenStarter(ARN);

    expect(await startBackup(scheduled, starter)).toEqual({ name: 'nightly-20261122T020000Z', started: true });

    expect(started).toEqual([{ stateMachineArn: ARN, name: 'nightly-20261122T020000Z', input: '{"cluster":"example"}' }]);
    expect(backupRequestSchema.parse(JSON.parse(started[0]?.input ?? ''))).toEqual({ cluster: CLUSTER });
  });

  it('that is delivered twice starts one backup', async () => {
    const { started, starter } = givenStarter(ARN);
    await startBackup(scheduled, starter);

    expect(await startBackup(scheduled, starter)).toEqual({ name: 'nightly-20261122T020000Z', started: false });

    expect(started).toHaveLength(1);
  });

  it('gives names that plans accept, whatever its own is', async () => {
    const { starter } = givenStarter(ARN);

    const { name } = await startBackup({ ...scheduled, schedule: `a${'-9'.repeat(9)}x` }, starter);

    expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  });

  it('takes a time with fractions of a second for its second', async () => {
    const { starter } = givenStarter(ARN);

    expect((await startBackup({ ...scheduled, scheduledTime: '2026-11-22T02:00:00.123Z' }, starter)).name).toBe('nightly-20261122T020000Z');
  });

  it('fails as StartExecution does, so that it is delivered again', async () => {
    const { starter } = givenStarter(ARN);
    const startExecution = () => Promise.reject(new Error('Rate exceeded'));

    await expect(startBackup(scheduled, { ...starter, startExecution })).rejects.toThrow('Rate exceeded');
  });

  it.each([
    ['no time', { schedule: 'nightly' }],
    ['a time that the scheduler did not fill in', { ...scheduled, scheduledTime: '<aws.scheduler.scheduled-time>' }],
    ['a time in another zone', { ...scheduled, scheduledTime: '2026-11-22T02:00:00+01:00' }],
    ['a name with a slash', { ...scheduled, schedule: 'a/b' }],
    ['an unknown field', { ...scheduled, cluster: 'other' }],
  ])('starts nothing with %s', async (_what, input) => {
    const { started, starter } = givenStarter(ARN);

    await expect(startBackup(input, starter)).rejects.toMatchObject({ name: 'RequestInvalid' });

    expect(started).toEqual([]);
  });
});
