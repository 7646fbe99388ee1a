import { type App, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../../model/cluster.ts';
import { exampleCluster, givenCluster, withStack } from '../fixtures/stack.ts';

const key = (region: string, account = '111122223333') => `arn:aws:kms:${region}:${account}:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d`;
const clusters: readonly [string, Cluster][] = [
  ['clusters/example.json', exampleCluster],
  ['the least', givenCluster()],
  ['a given key', givenCluster({ bucket: { encryptionKeyArn: key('eu-north-1') } })],
  ['Object Lock', givenCluster({ bucket: { objectLock: { mode: 'COMPLIANCE', days: 14 } } })],
  [
    'a copy in the same account',
    givenCluster({ bucket: { replication: { bucketArn: 'arn:aws:s3:::copy', encryptionKeyArn: key('eu-west-1') } } }),
  ],
  ['access logs', givenCluster({ bucket: { accessLogs: { bucket: 'access-logs' } } })],
  ['HopsFS in S3', givenCluster({ hopsfs: { storage: 's3', bucket: 'blocks' } })],
  ['no schedules', givenCluster({ schedules: [], objectives: { recoveryPointHours: null } })],
];

/** Every finding of cdk-nag that no reason stands against: `AwsSolutions-S1 BackupBucket/Bucket/Resource`. */
function findingsIn(app: App): string[] {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }) => `${ruleName} ${constructPath.replace(/^[^/]+\//, '')}`),
  );
}

/** Every reason in the code: the finding, where it is accepted, and why. */
function acceptedIn(app: App) {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ id: id.replace(/^annotation::/i, ''), at: node.path.replace(/^[^/]+\//, ''), reason })),
  );
}

describe.each(clusters)('the stack of a cluster with %s', (_what, cluster) => {
  const { findings, accepted, raw } = withStack(cluster, (_stack, app) => {
    const unanswered = findingsIn(app);
    const checks = AwsSolutionsChecks.prototype as unknown as { isAcknowledged(): boolean };
    const isAcknowledged = vi.spyOn(checks, 'isAcknowledged').mockReturnValue(false);
    const all = findingsIn(app);
    isAcknowledged.mockRestore();
    return { findings: unanswered, accepted: acceptedIn(app).filter(({ id }) => id.startsWith('AwsSolutions')), raw: all };
  });

  it('passes the checks of cdk-nag', () => {
    expect(findings).toEqual([]);
  });

  it('accepts only findings that are there, one resource at a time, each with a sentence', () => {
    expect(accepted.length).toBeGreaterThan(20);
    for (const { id, at, reason } of accepted) {
      expect(raw.filter((finding) => finding.startsWith(`${id} ${at}/`) || finding === `${id} ${at}`)).toHaveLength(1);
      expect(reason).toMatch(/^[A-Z].{20,}\.$/);
    }
  });
});

describe('the checks', () => {
  it('refuse a bucket without access logs and TLS, and a permission without its reason', () => {
    const findings = withStack(givenCluster(), (stack, app) => {
      new Bucket(stack, 'Bad');
      const role = new Role(stack, 'BadRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
      role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
      return findingsIn(app);
    });

    expect(findings.sort()).toEqual([
      'AwsSolutions-IAM5[Action::s3:*] BadRole/DefaultPolicy/Resource',
      'AwsSolutions-IAM5[Resource::*] BadRole/DefaultPolicy/Resource',
      'AwsSolutions-S1 Bad/Resource',
      'AwsSolutions-S10 Bad/Resource',
    ]);
  });
});
