import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type ReplicationRule } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { allow } from './permission.ts';

interface ReplicationProps {
  readonly replica: NonNullable<Cluster['bucket']['replication']>;
}

/** The copy of every object in a second bucket, which another region or account owns. */
export class Replication extends Construct {
  readonly role: Role;
  readonly rules: ReplicationRule[];
  private readonly replica: ReplicationProps['replica'];

  constructor(scope: Construct, id: string, { replica }: ReplicationProps) {
    super(scope, id);
    this.replica = replica;
    // Not the role that CDK makes: it lacks what Object Lock needs, and may use the keys for more than replication.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('s3.amazonaws.com') });
    const { bucketArn, account, encryptionKeyArn } = replica;
    const destination = Bucket.fromBucketAttributes(this, 'Replica', { bucketArn, ...(account && { account }) });
    this.rules = [
      {
        destination,
        kmsKey: Key.fromKeyArn(this, 'ReplicaKey', encryptionKeyArn),
        sseKmsEncryptedObjects: true,
        accessControlTransition: account !== undefined,
        // What somebody deletes here stays there.
        deleteMarkerReplication: false,
      },
    ];
  }

  /** S3 may copy what lies in this bucket, encrypted with this key. */
  grantFrom(bucket: Bucket, key: IKey): void {
    const { region, urlSuffix } = Stack.of(this);
    const { bucketArn, account, encryptionKeyArn } = this.replica;
    const wildcard = 'Replication copies every object of the bucket, which holds backups only.';
    const byS3 = (where: string) => ({ StringEquals: { 'kms:ViaService': `s3.${where}.${urlSuffix}` } });
    allow(this.role, { actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'], resources: [bucket.bucketArn] });
    const read = ['ForReplication', 'Acl', 'Tagging'].map((what) => `s3:GetObjectVersion${what}`);
    allow(this.role, {
      actions: [...read, 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
      resources: [bucket.arnForObjects('*')],
      wildcard,
    });
    allow(this.role, {
      actions: ['s3:ReplicateObject', 's3:ReplicateTags', ...(account ? ['s3:ObjectOwnerOverrideToBucketOwner'] : [])],
      resources: [`${bucketArn}/*`],
      wildcard,
    });
    allow(this.role, { actions: ['kms:Decrypt'], resources: [key.keyArn], conditions: byS3(region) });
    const replicaRegion = encryptionKeyArn.split(':')[3] as string;
    allow(this.role, { actions: ['kms:Encrypt', 'kms:GenerateDataKey'], resources: [encryptionKeyArn], conditions: byS3(replicaRegion) });
  }
}
