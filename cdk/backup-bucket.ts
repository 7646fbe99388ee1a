import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import type { Encryption } from './encryption.ts';
import { allow, type Grantee } from './permission.ts';
import { Replication } from './replication.ts';

interface BackupBucketProps {
  readonly cluster: Cluster;
  readonly encryption: Encryption;
}

/** The bucket of one cluster's backups: versioned, encrypted, private, TLS only, kept when the stack goes. */
export class BackupBucket extends Construct {
  readonly name: string;
  /** Whom the owner of the replica must admit; undefined without replication. */
  readonly replicationRoleArn: string | undefined;
  private readonly bucket: Bucket;
  private readonly config: Cluster;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { cluster, encryption }: BackupBucketProps) {
    super(scope, id);
    this.config = cluster;
    this.key = encryption.backups;
    const { objectLock, accessLogs } = cluster.bucket;
    const replication = cluster.bucket.replication && new Replication(this, 'Replication', { replica: cluster.bucket.replication });
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: this.lifecycleRules(),
      ...(objectLock && {
        objectLockDefaultRetention: ObjectLockRetention[objectLock.mode === 'COMPLIANCE' ? 'compliance' : 'governance'](
          Duration.days(objectLock.days),
        ),
      }),
      ...(accessLogs && {
        serverAccessLogsBucket: Bucket.fromBucketName(this, 'AccessLogs', accessLogs.bucket),
        serverAccessLogsPrefix: accessLogs.prefix,
      }),
      ...(replication && { replicationRules: replication.rules, replicationRole: replication.role }),
    });
    replication?.grantFrom(this.bucket, this.key);
    this.replicationRoleArn = replication?.role.roleArn;
    Validations.of(this.bucket).acknowledge(
      accessLogs
        ? { id: '@aws-cdk/aws-s3:accessLogsPolicyNotAdded', reason: 'The owner of the bucket for access logs lets S3 write there.' }
        : { id: 'AwsSolutions-S1', reason: 'Access logs go to a bucket of the platform team, once the cluster file names it.' },
    );
    this.refuseOverwriting();
    // Or a bucket that stays would lose its rules with the stack.
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.name = this.bucket.bucketName;
  }

  /** Objects of the given key patterns below the cluster's prefix may be read. */
  grantRead(grantee: Grantee, ...patterns: string[]): void {
    this.grant(grantee, ['s3:GetObject'], patterns);
    this.grantKey(grantee, 'kms:Decrypt');
  }

  /** Objects of the given key patterns below the cluster's prefix may be written. */
  grantWrite(grantee: Grantee, ...patterns: string[]): void {
    this.grant(grantee, ['s3:PutObject'], patterns);
    this.grantKey(grantee, 'kms:GenerateDataKey');
  }

  /** Objects may be shipped in parts, which S3 decrypts to join them; parts that were left behind may be given up. */
  grantShip(grantee: Grantee, ...patterns: string[]): void {
    this.grant(grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], patterns);
    this.grantListUploads(grantee);
    this.grantKey(grantee, 'kms:GenerateDataKey', 'kms:Decrypt');
  }

  /** Whole backups, and debris, may be removed: S3 keeps what was there as noncurrent versions until the lifecycle ends them. */
  grantPrune(grantee: Grantee): void {
    this.grant(grantee, ['s3:DeleteObject'], ['backups/*', 'blocks/*', 'prunes/*']);
    this.grant(grantee, ['s3:AbortMultipartUpload'], ['*']);
    this.grantListUploads(grantee);
    this.grantRead(grantee, 'backups/*/manifest.json', 'prunes/*', 'sweeps/*');
    this.grant(grantee, ['s3:GetObjectRetention', 's3:GetObjectLegalHold'], ['backups/*/manifest.json']);
    this.grantWrite(grantee, 'prunes/*', 'sweeps/*/report.json');
  }

  /** It may be seen and changed whose turn it is. */
  grantLease(grantee: Grantee): void {
    this.grantList(grantee);
    this.grantRead(grantee, 'lease.json');
    this.grantWrite(grantee, 'lease.json');
  }

  /** Without a prefix condition: S3 answers 404 instead of 403 for a missing object only to who may list the bucket. */
  grantList(grantee: Grantee): void {
    allow(grantee, { actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] });
  }

  grantListUploads(grantee: Grantee): void {
    allow(grantee, { actions: ['s3:ListBucketMultipartUploads'], resources: [this.bucket.bucketArn] });
  }

  private lifecycleRules(): LifecycleRule[] {
    const { name, bucket } = this.config;
    return [
      {
        id: 'AbortStaleUploads',
        abortIncompleteMultipartUploadAfter: Duration.days(bucket.abortUploadsAfterDays),
      },
      {
        id: 'ForgetDeleted',
        noncurrentVersionExpiration: Duration.days(bucket.noncurrentDays),
        expiredObjectDeleteMarker: true,
      },
      {
        id: 'ForgetSweeps',
        prefix: `${name}/sweeps/`,
        expiration: Duration.days(90),
      },
      ...(bucket.transitions.length > 0
        ? [
            {
              id: 'MoveOlderBackups',
              prefix: `${name}/backups/`,
              transitions: bucket.transitions.map(({ storageClass, afterDays }) => ({
                storageClass: new StorageClass(storageClass),
                transitionAfter: Duration.days(afterDays),
              })),
            },
          ]
        : []),
    ];
  }

  /** Nobody replaces an object of a backup, whatever their own policies say: to write there is to create. */
  private refuseOverwriting(): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NoOverwritingInsideBackups',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${this.config.name}/backups/*`)],
        // Starting a multipart upload and its parts create nothing yet, and know no conditions.
        conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    );
  }

  private grant(grantee: Grantee, actions: string[], patterns: string[]): void {
    allow(grantee, {
      actions,
      resources: patterns.map((pattern) => this.bucket.arnForObjects(`${this.config.name}/${pattern}`)),
      wildcard: 'Backups and runs get their prefixes when they begin; the pattern is as narrow as the kinds of object inside them.',
    });
  }

  /** The key of the backups, and only by way of S3. */
  private grantKey(grantee: Grantee, ...actions: string[]): void {
    const { region, urlSuffix } = Stack.of(this);
    allow(grantee, {
      actions,
      resources: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } },
    });
  }
}
