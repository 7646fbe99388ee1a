import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';

/** The bucket of one cluster's backups: versioned, private, TLS only, kept when the stack goes. */
export class BackupBucket extends Construct {
  readonly name: string;
  private readonly bucket: Bucket;
  private readonly cluster: string;

  constructor(scope: Construct, id: string, { cluster }: { cluster: Cluster }) {
    super(scope, id);
    this.cluster = cluster.name;
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'AbortStaleUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    this.name = this.bucket.bucketName;
  }

  /** Plans, manifests and lists of the given key patterns below the cluster's prefix may be read. */
  grantRead(grantee: IGrantable, ...patterns: string[]): void {
    this.grant(grantee, ['s3:GetObject'], patterns);
  }

  /** Objects of the given key patterns below the cluster's prefix may be written. */
  grantWrite(grantee: IGrantable, ...patterns: string[]): void {
    this.grant(grantee, ['s3:PutObject'], patterns);
  }

  /** Objects may be shipped in parts, and parts that were left behind given up. */
  grantShip(grantee: IGrantable, ...patterns: string[]): void {
    this.grant(grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], patterns);
    this.grantOnBucket(grantee, ['s3:ListBucketMultipartUploads']);
  }

  /** Without a prefix condition: S3 answers 404 instead of 403 for a missing object only to who may list the bucket. */
  grantList(grantee: IGrantable): void {
    this.grantOnBucket(grantee, ['s3:ListBucket']);
  }

  private grant(grantee: IGrantable, actions: string[], patterns: string[]): void {
    const resources = patterns.map((pattern) => this.bucket.arnForObjects(`${this.cluster}/${pattern}`));
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  }

  private grantOnBucket(grantee: IGrantable, actions: string[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.bucket.bucketArn] }));
  }
}
