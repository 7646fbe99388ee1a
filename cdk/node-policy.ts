import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import type { BackupBucket } from './backup-bucket.ts';
import type { NodeDocuments } from './node-documents.ts';

interface NodePolicyProps {
  readonly cluster: Cluster;
  readonly bucket: BackupBucket;
  readonly documents: NodeDocuments;
}

/** What the cluster's instances may do: ship into backups, read for a restore, write their logs. Never delete. */
export class NodePolicy extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { cluster, bucket, documents }: NodePolicyProps) {
    super(scope, id);
    const policy = new ManagedPolicy(this, 'Policy', { description: `Backup and restore of the Hopsworks cluster ${cluster.name}` });
    bucket.grantList(policy);
    bucket.grantShip(policy, 'backups/*/metadata/*', 'backups/*/rondb/*');
    bucket.grantRead(policy, 'backups/*/metadata/*', 'backups/*/rondb/*', 'restores/*');
    policy.addStatements(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        resources: [documents.logs.logGroupArn, `${documents.logs.logGroupArn}:*`],
      }),
    );
    this.arn = policy.managedPolicyArn;
  }
}
