import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import type { BackupBucket } from './backup-bucket.ts';
import type { NodeDocuments } from './node-documents.ts';
import { allow } from './permission.ts';

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
    bucket.grantShip(policy, 'backups/*/checks/*', 'backups/*/metadata/*', 'backups/*/rondb/*');
    bucket.grantRead(policy, 'backups/*/checks/*', 'backups/*/metadata/*', 'backups/*/rondb/*', 'restores/*');
    const logs = { actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'] };
    allow(policy, { ...logs, resources: [documents.logs.logGroupArn] });
    allow(policy, {
      actions: ['logs:DescribeLogGroups'],
      resources: ['*'],
      wildcard: 'The SSM agent looks for its log group among all of them.',
    });
    this.arn = policy.managedPolicyArn;
  }
}
