import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';

/** The keys of one cluster: `backups` encrypts the bucket, `notices` what is said about it. */
export class Encryption extends Construct {
  readonly backups: IKey;
  readonly notices: Key;

  constructor(scope: Construct, id: string, { cluster }: { cluster: Cluster }) {
    super(scope, id);
    const { encryptionKeyArn } = cluster.bucket;
    // Always the stack's own: with a given key whose policy forgets CloudWatch, alarms would vanish in silence.
    this.notices = new Key(this, 'Key', {
      description: `hopsworks-dr: ${encryptionKeyArn ? 'notices' : 'backups and notices'} of the cluster ${cluster.name}`,
      enableKeyRotation: true,
      // Backups outlive the stack, and are lost without their key.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Alarms speak as CloudWatch; the topic's policy says whose alarms may.
    this.notices.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
      }),
    );
    this.backups = encryptionKeyArn ? Key.fromKeyArn(this, 'GivenKey', encryptionKeyArn) : this.notices;
  }
}
