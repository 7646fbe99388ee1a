import { describe, expect, it, vi } from 'vitest';
import { describeFailure } from '../../../lambdas/describe-failure/describe-failure.ts';
import { catalogue, DrError } from '../../../model/errors.ts';
import { layout } from '../../../model/layout.ts';
import type { BackupPlan } from '../../../model/plan.ts';
import { readDefinition } from '../../../state-machines/definitions.ts';
import { BACKUP_ID, backupPlan, CLUSTER, START_TIME } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { executionArn } from '../../fixtures/execution.ts';

const NAME = 'execution-1';
const CONNECT_STRING = 'mgmd-1:1186,mgmd-2:1186';
const thrown = ({ name, message }: Error) => JSON.stringify({ errorType: name, errorMessage: message, trace: [] });

/** The detail of an event as EventBridge delivers it, for an execution of the plan's name that failed. */
function event(overrides: object = {}, machine: 'backup' | 'restore' | 'verify' = 'backup', name = NAME) {
  const start = Date.parse(START_TIME);
  return {
    executionArn: executionArn(machine, name),
    stateMachineArn: `arn:aws:states:eu-north-1:111122223333:stateMachine:hopsdr-${CLUSTER}-${machine}`,
    name,
    status: 'FAILED',
    startDate: start,
    stopDate: start + 600_000,
    input: JSON.stringify({ cluster: CLUSTER }),
    inputDetails: { included: true },
    output: null,
    outputDetails: null,
    error: 'UploadFailed',
    cause: thrown(new DrError('UploadFailed', 'UploadRondbBackup failed on i-1.')),
    redriveCount: 0,
    ...overrides,
  };
}
const stopped = { status: 'ABORTED', error: null, cause: null };
const begun = (plan: BackupPlan = backupPlan()) => ({ [layout.plan(CLUSTER, plan.backupId)]: JSON.stringify(plan) });
const sealed = { [layout.manifest(CLUSTER, BACKUP_ID)]: '{}' };

const lease = (holder: string | null) => ({
  [layout.lease(CLUSTER)]: JSON.stringify({ holder: holder && { execution: holder, since: START_TIME }, turn: 1 }),
});
/** The execution of {@link event} has taken the lease, as every backup does before anything else. */
const own = lease(executionArn('backup', NAME));

async function described(detail: unknown, objects: Readonly<Record<string, string>> = begun()) {
  return await describeFailure(detail, {
    cluster: CLUSTER,
    runbook: 'docs/runbook.md',
    bucketName: 'example-backups',
    connectString: CONNECT_STRING,
    bucket: memoryBucket({ ...own, ...objects }),
  });
}

describe('the message about a backup that failed', () => {
  it('says what happened, what it means, what to do, where to look and how to go on', async () => {
    const { subject, message } = await described(event());

    const { meaning, action } = catalogue.UploadFailed;
    const arn = executionArn('backup', NAME);
    expect(subject).toBe('hopsworks-dr: backup of example failed: UploadFailed');
    expect(message.split('\n')).toEqual([
      'The backup of example failed: UploadFailed',
      '',
      'UploadRondbBackup failed on i-1.',
      '',
      `Meaning:     ${meaning}`,
      `What to do:  ${action}`,
      expect.stringMatching(
        /^To go on: {4}When the cause is repaired.* redrive .*hopsdr-example-backup anew with the input {"cluster":"example"}$/,
      ),
      '',
      'Execution:   execution-1',
      'Backup:      263261030, not complete: it cannot be restored',
      'Status:      FAILED',
      'Started:     2026-11-22 10:30:00 UTC',
      'Stopped:     2026-11-22 10:40:00 UTC',
      'Runbook:     docs/runbook.md#uploadfailed',
      '             docs/runbook.md#backup-failed',
      `Console:     https://eu-north-1.console.aws.amazon.com/states/home?region=eu-north-1#/v2/executions/details/${arn}`,
      '',
    ]);
  });

  it('gives the command that redrives', async () => {
    expect((await described(event())).message).toContain(
      `aws stepfunctions redrive-execution --region eu-north-1 --execution-arn ${executionArn('backup', NAME)})`,
    );
  });

  it('finds the error of a step inside the failure of its child execution', async () => {
    const cause = JSON.stringify({ Cause: thrown(new DrError('DiskFull', 'No room.')), Error: 'DiskFull', Status: 'FAILED' });

    expect(await described(event({ error: 'States.TaskFailed', cause }))).toMatchObject({
      error: 'DiskFull',
      subject: expect.stringMatching(/: DiskFull$/),
      message: expect.stringContaining(catalogue.DiskFull.meaning),
    });
  });

  it.each([
    ['timed out', { status: 'TIMED_OUT', error: undefined, cause: undefined }, 'States.Timeout', 'backup of example timed out'],
    ['was stopped', stopped, 'ABORTED', 'backup of example was stopped'],
    ['was stopped with a reason', { ...stopped, error: 'Maintenance', cause: 'Bo' }, 'Maintenance', '\nBo\n'],
    ['failed by what no catalogue knows', { error: 'Lambda.Unknown', cause: 'x' }, 'Lambda.Unknown', 'No error of hopsworks-dr itself.'],
    ['failed by a name that objects have', { error: 'constructor', cause: 'x' }, 'constructor', 'No error of hopsworks-dr itself.'],
  ])('tells of one that %s', async (_what, change, error, text) => {
    const failure = await described(event(change));

    expect(failure.error).toBe(error);
    expect(failure.message).toContain(text);
  });

  it('asks for another input when the input was wrong, repeating it', async () => {
    const input = '{"cluster":"exmaple"}';

    const { message } = await described(event({ input, error: 'UnknownCluster', cause: 'x' }), {});

    expect(message).toContain('Start hopsdr-example-backup with a correct input. It was: {"cluster":"exmaple"}');
    expect(message).not.toContain('redrive');
  });

  it.each([
    ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
    ['aws-us-gov', 'us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
  ])('links the console of the partition %s', async (partition, region, link) => {
    const arn = executionArn('backup', NAME).replace('arn:aws:states:eu-north-1', `arn:${partition}:states:${region}`);

    expect((await described(event({ executionArn: arn }))).message).toContain(link);
  });

  it('has a subject that SNS takes, whatever the error is called', async () => {
    const { subject } = await described(event({ error: `Größe\n${'x'.repeat(200)}`, cause: null }));

    expect(subject).toMatch(/^[ -~]{99}$/);
  });
});

describe('what is left of a backup', () => {
  const needed = ({ backupId, head, rondbInstances }: BackupPlan) => ({ backupId, connectString: CONNECT_STRING, head, rondbInstances });

  it.each([
    ['that was stopped', stopped],
    ['that timed out', { status: 'TIMED_OUT', error: 'States.Timeout', cause: null }],
    ['that RonDB aborted', { error: 'BackupAborted' }],
    ['that RonDB refused', { error: 'BackupRefused' }],
    ['that RonDB did not complete in time', { error: 'BackupTimedOut' }],
  ])('%s is swept, with what the sweeping steps need', async (_what, change) => {
    const failure = await described(event({ cause: null, ...change }));

    expect(failure).toMatchObject({ sweep: true, plan: needed(backupPlan()) });
    const read = [...JSON.stringify(readDefinition('clean-up')).matchAll(/failure\.plan\.([A-Za-z]+)/g)].map(([, name]) => name);
    expect(Object.keys(failure.plan ?? {}).sort()).toEqual([...new Set(read)].sort());
    expect(failure.message).toContain('Start hopsdr-example-backup with the input {"cluster":"example"} for a new one.');
    expect(failure.message).not.toContain('redrive-execution');
  });

  it.each(['UploadFailed', 'BackupIdTaken', 'NodeFailed'])('that failed by %s stays: it can be redriven', async (error) => {
    expect(await described(event({ error, cause: 'x' }))).toMatchObject({ sweep: false, plan: needed(backupPlan()) });
  });

  it.each([
    ['that holds the lease now, and may go on with the backup', lease(executionArn('backup', 'other'))],
    ['that has held the lease and released it', lease(null)],
    ['of another cluster of which the bucket is a copy', lease(executionArn('backup', NAME).replace('111122223333', '444455556666'))],
  ])('stays when it belongs to an execution %s', async (_what, held) => {
    const plan = backupPlan({ executionId: 'other' });
    const input = JSON.stringify({ cluster: CLUSTER, backupId: BACKUP_ID });

    const failure = await described(event({ ...stopped, input }), { ...begun(plan), ...held });

    expect(failure).toMatchObject({ sweep: false, message: expect.stringContaining('redrive-execution') });
  });

  it('stays when nobody can tell whose it is, and people are told nevertheless', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});

    const failure = await described(event(stopped), { ...begun(), [layout.lease(CLUSTER)]: '{' });

    expect(failure).toMatchObject({ sweep: false, message: expect.stringContaining('was stopped') });
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(layout.lease(CLUSTER)));
    log.mockRestore();
  });

  it('is swept where the cluster file says that RonDB is, whatever the stored plan says', async () => {
    const plan = backupPlan({ connectString: 'evil:1186', bucket: 'another-bucket' });

    const failure = await described(event(stopped), begun(plan));

    expect(failure.plan).toMatchObject({ connectString: CONNECT_STRING, bucket: 'example-backups' });
  });

  it('is found under a later minute, when others had the first ones', async () => {
    const own = backupPlan({ backupId: '263261032' });
    const others = ['263261030', '263261031'].map((backupId) => begun(backupPlan({ backupId, executionId: 'other' })));

    const failure = await described(event(stopped), Object.assign({}, ...others, begun(own)));

    expect(failure.plan?.backupId).toBe('263261032');
  });

  it('is found by the id that the input continues, whoever began it', async () => {
    const plan = backupPlan({ backupId: '263251200', executionId: 'other' });
    const input = JSON.stringify({ cluster: CLUSTER, backupId: '263251200' });

    expect((await described(event({ ...stopped, input }), { ...begun(plan), ...begun() })).plan?.backupId).toBe('263251200');
  });

  it.each([
    ['without a plan', {}, event(stopped)],
    ['whose plans are those of others', begun(backupPlan({ executionId: 'other' })), event(stopped)],
    ['that was to continue one that was never begun', {}, event({ ...stopped, input: '{"cluster":"example","backupId":"263251200"}' })],
  ])('%s is nothing', async (_what, objects, detail) => {
    expect(await described(detail, objects)).toMatchObject({ sweep: false, plan: null });
  });

  it.each([
    ['left out', { input: undefined, inputDetails: { included: false } }],
    ['null', { input: null }],
    ['no JSON', { input: '{"cluster":' }],
    ['refused', { input: '{"cluster":"example","backupId":"../x"}' }],
  ])('is found also when the input is %s', async (_what, change) => {
    expect((await described(event({ ...stopped, ...change }))).plan?.backupId).toBe(BACKUP_ID);
  });

  it('is known to be a whole backup when it was sealed before', async () => {
    const failure = await described(event(stopped), { ...begun(), ...sealed });

    expect(failure.message).toContain('263261030, complete: it can be restored');
    expect(failure.message).toContain('nothing needs to be started again');
    expect(failure.sweep).toBe(true);
  });

  it('is not guessed from a damaged plan, and people are told nevertheless', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});

    const failure = await described(event(stopped), { [layout.plan(CLUSTER, BACKUP_ID)]: '{' });

    expect(failure).toMatchObject({ sweep: false, plan: null, message: expect.stringContaining('was stopped') });
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(layout.plan(CLUSTER, BACKUP_ID)));
    log.mockRestore();
  });
});

describe('the message about a restore that did not succeed', () => {
  const input = '{"cluster":"example","backup":"263261030","confirm":"example"}';

  it('links its own heading, and goes on by redriving or with the same input', async () => {
    const { subject, message } = await described(event({ input, error: 'DataRestoreFailed', cause: 'x' }, 'restore'));

    expect(subject).toBe('hopsworks-dr: restore of example failed: DataRestoreFailed');
    expect(message).toContain('docs/runbook.md#restore-failed\n');
    expect(message).toContain(`Or start hopsdr-example-restore anew with the input ${input}\n`);
  });

  it.each(['TargetNotEmpty', 'VersionTooOld', 'ObjectMissing', 'StorageUnplaced', 'BlocksLost'])(
    'does not say to redrive a plan that found %s',
    async (error) => {
      const { message } = await described(event({ input, error, cause: 'x' }, 'restore'));

      expect(message).toContain(`When the cause is repaired, start hopsdr-example-restore anew with the input ${input}\n`);
      expect(message).not.toContain('redrive-execution');
    },
  );

  it('does not say to redrive a restore that differs from its backup: it would only compare again', async () => {
    const { message } = await described(event({ input, error: 'RestoreDiffers', cause: 'shop.orders_1' }, 'restore'));

    expect(message).toContain('"replace": true');
    expect(message).not.toContain('redrive-execution');
  });

  it('sweeps nothing, also when it was stopped: a redrive needs what was downloaded', async () => {
    expect(await described(event({ ...stopped, input }, 'restore'))).toMatchObject({ sweep: false, plan: null });
  });

  it('says where the input is found that the event leaves out', async () => {
    const { message } = await described(event({ input: null }, 'restore'));

    expect(message).toContain('with the input of this execution');
  });
});

describe('a verification that did not succeed', () => {
  it('names the damage, and is started anew instead of redriven', async () => {
    const input = '{"cluster":"example","backup":"latest","depth":"objects"}';
    const { subject, message, sweep } = await described(event({ input, error: 'ObjectMissing', cause: 'not there' }, 'verify'));

    expect(subject).toBe('hopsworks-dr: verify of example failed: ObjectMissing');
    expect(message).toContain('docs/runbook.md#verify-failed\n');
    expect(message).toContain(`start hopsdr-example-verify anew with the input ${input}`);
    expect(message).not.toContain('redrive-execution');
    expect(sweep).toBe(false);
  });
});

describe('what is left of a verification', () => {
  const prefix = layout.verification(CLUSTER, NAME);
  const given = { connectString: CONNECT_STRING, prefix, rondbInstances: ['i-0000000000000b001'] };
  const plan = {
    ...{ formatVersion: 1, kind: 'verification', cluster: CLUSTER, executionId: NAME, startedAt: START_TIME, bucket: 'b', stepSeconds: 60 },
    ...{ backupId: BACKUP_ID, depth: 'database', requiredBytes: '0', assignments: '', hopsfsInstances: [], storages: '', ...given },
    ...{ listsSha256: '0'.repeat(64), connectString: 'evil:1186' },
  };
  const leftBy = (written: object | undefined, change: object = stopped) =>
    described(event(change, 'verify'), written ? { [layout.verificationPlan(CLUSTER, NAME)]: JSON.stringify(written) } : {});

  it.each([
    ['that was stopped', stopped],
    ['that failed', { error: 'DiskFull', cause: 'full' }],
  ])('%s is removed, with what the removing step needs', async (_, change) => {
    const { verification, plan: ofBackup } = await leftBy(plan, change);

    expect(verification).toEqual(given);
    expect(ofBackup).toBeNull();
    const read = [...JSON.stringify(readDefinition('clean-up')).matchAll(/failure\.verification\.([A-Za-z]+)/g)].map(([, name]) => name);
    expect([...new Set(read)].sort()).toEqual(Object.keys(given).sort());
  });

  it.each([
    ['that was not planned', undefined],
    ['that reads no RonDB', { ...plan, rondbInstances: [] }],
  ])('%s is nothing', async (_, written) => {
    expect((await leftBy(written)).verification).toBeNull();
  });
});

describe('an event of something else', () => {
  it.each([
    ["another cluster's execution", { executionArn: executionArn('backup', NAME).replace(CLUSTER, 'other') }],
    ['an execution that succeeded', { status: 'SUCCEEDED' }],
    ['no time', { startDate: undefined }],
  ])('is refused: %s', async (_what, change) => {
    await expect(described(event(change))).rejects.toMatchObject({ name: 'RequestInvalid' });
  });
});
