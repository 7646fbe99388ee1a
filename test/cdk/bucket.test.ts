import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../model/cluster.ts';
import { type Grant, grantsIn } from '../fixtures/grants.ts';
import { givenCluster, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

const GIVEN_KEY = 'arn:aws:kms:eu-north-1:111122223333:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d';
const REPLICA_KEY = 'arn:aws:kms:eu-west-1:444455556666:key/9f8e7d6c-5b4a-4c3d-9e2f-1a0b9c8d7e6f';

type Settings = Parameters<typeof givenCluster>[0];
const templateWith = (bucket: NonNullable<NonNullable<Settings>['bucket']> = {}) => synthesizeCluster(givenCluster({ bucket }));

/** The properties of the only bucket. */
function bucketIn(template: ReturnType<typeof templateWith>) {
  const buckets = [...resourcesOf(template, 'AWS::S3::Bucket').values()];
  expect(buckets).toHaveLength(1);
  return buckets[0]?.Properties;
}
const rulesOf = (cluster: Cluster) => bucketIn(synthesizeCluster(cluster)).LifecycleConfiguration.Rules;

describe('the bucket', () => {
  const template = templateWith();

  it('is versioned, private, and owned by its account alone', () => {
    expect(bucketIn(template)).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  it('is encrypted with the key of the stack, which rotates', () => {
    const [rule] = bucketIn(template).BucketEncryption.ServerSideEncryptionConfiguration;
    const keys = resourcesOf(template, 'AWS::KMS::Key');

    expect([...keys.keys()]).toEqual(['Encryption/Key']);
    expect(keys.get('Encryption/Key')?.Properties.EnableKeyRotation).toBe(true);
    expect(rule).toMatchObject({ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } });
    expect(JSON.stringify(rule)).toContain('"Fn::GetAtt":["EncryptionKey');
  });

  it('refuses to be used without TLS', () => {
    const denied = grantsIn(template).filter(
      ({ effect, action, by }: Grant) => effect === 'Deny' && action === 's3:*' && by === 'BackupBucket/Bucket',
    );

    expect(denied.map(({ who, condition }) => `${who} ${condition}`)).toEqual(Array(2).fill('* {"Bool":{"aws:SecureTransport":"false"}}'));
  });

  it.each(['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::KMS::Key'])('and its rules and key stay when the stack goes: %s', (type) => {
    const [resource, ...others] = resourcesOf(template, type).values();

    expect(others).toEqual([]);
    expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('gives up stale uploads and forgets what was deleted, and expires nothing else but what sweeps have told', () => {
    expect(rulesOf(givenCluster({ bucket: { noncurrentDays: 45, abortUploadsAfterDays: 9 } }))).toEqual([
      { Id: 'AbortStaleUploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 9 } },
      {
        Id: 'ForgetDeleted',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 45 },
        ExpiredObjectDeleteMarker: true,
      },
      { Id: 'ForgetSweeps', Status: 'Enabled', Prefix: 'north/sweeps/', ExpirationInDays: 90 },
    ]);
  });

  it.each(['ObjectLockEnabled', 'ObjectLockConfiguration', 'ReplicationConfiguration', 'LoggingConfiguration'])('has no %s', (name) => {
    expect(bucketIn(template)).not.toHaveProperty(name);
  });
});

describe('the bucket of a cluster file', () => {
  it('that gives a key is encrypted with it; notices keep a key of the stack, whose policy is known', () => {
    const template = templateWith({ encryptionKeyArn: GIVEN_KEY });

    expect(JSON.stringify(bucketIn(template).BucketEncryption)).toContain(`"KMSMasterKeyID":"${GIVEN_KEY}"`);
    expect(JSON.stringify([...resourcesOf(template, 'AWS::SNS::Topic').values()])).toContain(
      '"KmsMasterKeyId":{"Fn::GetAtt":["EncryptionKey',
    );
  });

  it.each(['GOVERNANCE', 'COMPLIANCE'] as const)('that wants Object Lock in %s mode locks every object for its days', (mode) => {
    expect(bucketIn(templateWith({ objectLock: { mode, days: 14 } }))).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: mode, Days: 14 } } },
    });
  });

  it('that names a bucket for access logs writes them there', () => {
    expect(bucketIn(templateWith({ accessLogs: { bucket: 'access-logs', prefix: 'backups/' } })).LoggingConfiguration).toEqual({
      DestinationBucketName: 'access-logs',
      LogFilePrefix: 'backups/',
    });
  });

  it('that wants older backups in cheaper classes moves backups, and nothing else', () => {
    const transitions = [
      { storageClass: 'STANDARD_IA', afterDays: 30 },
      { storageClass: 'GLACIER_IR', afterDays: 90 },
    ] as const;

    expect(rulesOf(givenCluster({ bucket: { transitions: [...transitions] } }))[3]).toEqual({
      Id: 'MoveOlderBackups',
      Status: 'Enabled',
      Prefix: 'north/backups/',
      Transitions: [
        { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
        { StorageClass: 'GLACIER_IR', TransitionInDays: 90 },
      ],
    });
  });
});

describe.each([
  ['the same account', {}],
  ['another account', { account: '444455556666' }],
])('the copy in a bucket of %s', (_where, owner: { account?: string }) => {
  const template = templateWith({ replication: { bucketArn: 'arn:aws:s3:::copy', encryptionKeyArn: REPLICA_KEY, ...owner } });
  const ofReplication = grantsIn(template).filter(({ who }) => who === 'BackupBucket/Replication/Role');

  it('holds every object, encrypted with its own key, and keeps what is deleted here', () => {
    const [rule, ...others] = bucketIn(template).ReplicationConfiguration.Rules;

    expect(others).toEqual([]);
    expect(rule).toMatchObject({
      Status: 'Enabled',
      Filter: { Prefix: '' },
      DeleteMarkerReplication: { Status: 'Disabled' },
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
      Destination: { Bucket: 'arn:aws:s3:::copy', EncryptionConfiguration: { ReplicaKmsKeyID: REPLICA_KEY } },
    });
  });

  it('belongs to whom its bucket belongs to', () => {
    const [{ Destination }] = bucketIn(template).ReplicationConfiguration.Rules;
    const takesOver = ofReplication.some(({ action }) => action === 's3:ObjectOwnerOverrideToBucketOwner');

    expect(Destination.Account).toBe(owner.account);
    expect(Destination.AccessControlTranslation).toEqual(owner.account ? { Owner: 'Destination' } : undefined);
    expect(takesOver).toBe(owner.account !== undefined);
  });

  it('carries the locks of Object Lock along', () => {
    expect(ofReplication.map(({ action }) => action)).toEqual(expect.arrayContaining(['s3:GetObjectRetention', 's3:GetObjectLegalHold']));
  });

  it('is encrypted by S3 in the region of its key only', () => {
    const encrypting = ofReplication.filter(({ action }) => action === 'kms:Encrypt');

    expect(encrypting).toMatchObject([
      { resource: REPLICA_KEY, condition: '{"StringEquals":{"kms:ViaService":"s3.eu-west-1.<AWS::URLSuffix>"}}' },
    ]);
  });
});
