import { describe, expect, it } from 'vitest';
import { reportRestore } from '../../../lambdas/report-restore/report-restore.ts';
import { reportSchema } from '../../../model/report.ts';
import { BACKUP_ID, HEAD, instanceOf } from '../../fixtures/backup.ts';
import { ARN, KEYS, listOf, NOW, RECORDED, RESTORE_TIME, recording, reporter, reportInput, restorePlan, users } from './given.ts';

const reportIn = ({ bucket }: ReturnType<typeof reporter>) => reportSchema.parse(JSON.parse(bucket.objects.get(KEYS.json) ?? 'null'));

describe('the report of a restore', () => {
  it('is written for programs and for people, and the execution ends with where it is', async () => {
    const given = reporter();

    const output = await reportRestore(reportInput(), given);

    expect(output).toEqual({
      backupId: BACKUP_ID,
      verdict: 'same',
      seconds: 5400,
      report: KEYS.json,
      page: KEYS.page,
      plan: 'example/restores/restore-1/plan.json',
      console:
        'https://eu-north-1.console.aws.amazon.com/s3/object/example-backups?region=eu-north-1&prefix=example%2Frestores%2Frestore-1%2Freport.html',
    });
    expect(given.bucket.objects.get(KEYS.page)).toMatch(/^<!DOCTYPE html>/);
  });

  it('holds what every step has answered, the recovery point and the times', async () => {
    const given = reporter();

    await reportRestore(reportInput(), given);

    expect(reportIn(given)).toMatchObject({
      executionArn: ARN,
      differences: [],
      notCompared: [],
      recoveryPoint: { startedAt: '2026-11-22T10:30:00.000Z', ageSeconds: 183_600 },
      startedAt: RESTORE_TIME,
      reportedAt: NOW.toISOString(),
      stoodStillSeconds: 0,
      redrives: 0,
      rows: { comparison: 'same', restored: 15, difference: 0 },
      accounts: { request: 'keep', heads: [{ instanceId: HEAD, created: 3, keptOther: 1, differing: [] }] },
      blocks: { where: 'disks', blocks: 40, missingBlocks: 0 },
      search: { documents: 8, datasets: 5 },
      topics: { created: 2, names: ['clicks', 'views'] },
      steps: [
        { name: 'PlanRestore', seconds: 60, attempts: 1 },
        { name: 'RestoreRondbData', seconds: 3600, attempts: 1, spans: [{ from: 60, to: 3660, failed: false }] },
      ],
      afterwards: ['Run the jobs again that wrote since then.', 'Take a backup.'],
    });
  });

  it('leaves out what the restore left out', async () => {
    const given = reporter();
    const plan = restorePlan({ scope: 'part', accounts: 'none', blocks: 'none' });

    await reportRestore({ ...reportInput(plan), safeMode: [], services: { phase: 0 } }, given);

    expect(reportIn(given)).toMatchObject({ scope: 'part', accounts: null, blocks: null, search: null, topics: null, verdict: 'same' });
  });

  it('takes a list of one that came without its brackets, and null for an empty one', async () => {
    const input = reportInput(restorePlan({ blocks: 'none' }));

    const output = await reportRestore(
      { ...input, users: input.users[0], safeMode: null, verification: input.verification[0] },
      reporter(),
    );

    expect(output.verdict).toBe('same');
  });

  it('says of a backup that does not record rows that they were not compared, and never that they are the same', async () => {
    const given = reporter(recording(undefined));

    const { verdict } = await reportRestore(reportInput(), given);

    expect(verdict).toBe('partly-compared');
    expect(reportIn(given)).toMatchObject({ rows: { comparison: 'not-compared' }, notCompared: [expect.stringContaining('not compared')] });
  });

  it('reads the names of tables as mysql writes them', async () => {
    const rowsList = 'shop.a\\tb\\\\n\t3\n';
    const given = reporter(recording([{ table: 'shop.a\tb\\n', rows: 3 }]), rowsList);

    const { verdict } = await reportRestore(reportInput(restorePlan(), rowsList), given);

    expect(verdict).toBe('same');
  });
});

describe('a restore that differs', () => {
  const fewer = listOf([{ table: 'hops.hdfs_inodes', rows: 11 }]);
  const differing = { differing: ["'ana'@'%'"] };
  const lost = { instanceId: HEAD, answer: { blocks: 40, missingBlocks: 2, datanodes: 2, seconds: 31 } };

  it.each([
    [
      'rows',
      reporter(recording(RECORDED), fewer),
      reportInput(restorePlan(), fewer),
      '2 tables: shop.orders (not there, 3 recorded), hops.hdfs_inodes (11 rows, 12 recorded)',
    ],
    [
      'grants on one head',
      reporter(),
      { ...reportInput(), users: [users(), users(differing, instanceOf(7))] },
      `'ana'@'%' on ${instanceOf(7)}`,
    ],
    ['blocks', reporter(), { ...reportInput(), safeMode: [lost] }, 'HopsFS misses 2 blocks'],
  ])('in %s is reported, and then fails', async (_what, given, input, sentence) => {
    const failed = reportRestore(input, given);

    await expect(failed).rejects.toMatchObject({ name: 'RestoreDiffers', message: expect.stringContaining(sentence) });
    await expect(failed).rejects.toThrow(`s3://example-backups/${KEYS.page}`);
    expect(reportIn(given)).toMatchObject({ verdict: 'differs', differences: [expect.stringContaining(sentence)] });
    expect(given.bucket.objects.get(KEYS.page)).toContain('is not what the backup recorded');
  });

  it('in many tables names the first and counts the others', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ table: `shop.t${index}`, rows: index + 1 }));
    const given = reporter(recording(many), '');

    const failed = reportRestore(reportInput(restorePlan(), ''), given);

    await expect(failed).rejects.toThrow('2,000 tables: shop.t1999 (not there, 2,000 recorded), ');
    await expect(failed).rejects.toThrow('and 1990 more');
    expect(reportIn(given).rows.tables).toHaveLength(2_000);
  });
});

describe('nothing is reported', () => {
  const without = (key: string) => {
    const given = reporter();
    given.bucket.objects.delete(key);
    return given;
  };
  const noNumber = 'shop.orders\tmany\n';

  it.each([
    ['ManifestMissing', 'without the manifest', without(KEYS.manifest), reportInput()],
    ['ObjectMissing', 'without rows.list', without(KEYS.rows), reportInput()],
    ['ObjectMissing', 'without topics.list', without(KEYS.topics), reportInput()],
    ['ObjectAltered', 'when rows.list is another one', reporter(recording(RECORDED), 'shop.orders\t4\n'), reportInput()],
    ['NodeOutputInvalid', 'when rows.list cannot be read', reporter(recording(RECORDED), noNumber), reportInput(restorePlan(), noNumber)],
    ['NodeOutputInvalid', 'when HopsFS was restored and says nothing', reporter(), { ...reportInput(), safeMode: [] }],
    ['RequestInvalid', "of another cluster's execution", reporter(), { ...reportInput(), execution: { arn: ARN.replace('example', 'x') } }],
    ['RequestInvalid', 'without the rows of a verification', reporter(), { ...reportInput(), verification: [] }],
  ])('(%s) %s', async (name, _when, given, input) => {
    await expect(reportRestore(input, given)).rejects.toMatchObject({ name });

    expect(given.bucket.objects.has(KEYS.json)).toBe(false);
    expect(given.bucket.objects.has(KEYS.page)).toBe(false);
  });
});
