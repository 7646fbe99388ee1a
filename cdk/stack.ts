import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { BackupBucket } from './backup-bucket.ts';
import { Functions } from './functions.ts';
import { NodeDocuments } from './node-documents.ts';
import { NodePolicy } from './node-policy.ts';
import { StateMachines } from './state-machines.ts';

export interface HopsworksDrProps extends StackProps {
  readonly cluster: Cluster;
}

/** Everything that one cluster needs: a bucket, what runs on its nodes, what decides, and the two procedures. */
export class HopsworksDrStack extends Stack {
  constructor(scope: Construct, id: string, { cluster, ...props }: HopsworksDrProps) {
    super(scope, id, { description: `Disaster recovery of the Hopsworks cluster ${cluster.name}`, ...props });

    const bucket = new BackupBucket(this, 'BackupBucket', { cluster });
    const documents = new NodeDocuments(this, 'NodeDocuments', { cluster });
    const nodePolicy = new NodePolicy(this, 'NodePolicy', { cluster, bucket, documents });
    const functions = new Functions(this, 'Functions', { cluster, bucket, documents });
    const machines = new StateMachines(this, 'StateMachines', { cluster, functions });

    new CfnOutput(this, 'BackupStateMachineArn', { value: machines.backup.stateMachineArn, description: 'Start it to take a backup' });
    new CfnOutput(this, 'RestoreStateMachineArn', {
      value: machines.restore.stateMachineArn,
      description: 'Start it to plan or run a restore',
    });
    new CfnOutput(this, 'BucketName', { value: bucket.name, description: 'Where the backups are' });
    new CfnOutput(this, 'NodePolicyArn', { value: nodePolicy.arn, description: "Attach it to the role of the cluster's instances" });
  }
}
