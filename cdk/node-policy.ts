import { Stack } from 'aws-cdk-lib';
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

/** What the cluster's instances may do: ship into backups, read for a restore or a verification and say what came of it, write their logs. Never delete. */
export class NodePolicy extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { cluster, bucket, documents }: NodePolicyProps) {
    super(scope, id);
    const policy = new ManagedPolicy(this, 'Policy', { description: `Backup and restore of the Hopsworks cluster ${cluster.name}` });
    bucket.grantList(policy);
    const shipped = ['backups/*/checks/*', 'backups/*/hopsfs/*', 'backups/*/metadata/*', 'backups/*/rondb/*', 'blocks/*'];
    bucket.grantShip(policy, ...shipped);
    bucket.grantRead(policy, ...shipped, 'restores/*', 'verifications/*');
    bucket.grantWrite(policy, 'restores/*/rows.list', 'restores/*/topics.list', 'verifications/*.found', 'verifications/*.rows');
    bucket.grantWrite(policy, 'sweeps/*/lists.txt', 'sweeps/*/orphans.txt');
    if (cluster.definition && 'bucket' in cluster.definition) {
      const { partition } = Stack.of(this);
      const { bucket: name, key } = cluster.definition;
      allow(policy, { actions: ['s3:GetObject'], resources: [`arn:${partition}:s3:::${name}/${key}`] });
    }
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
