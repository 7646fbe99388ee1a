import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { Alarms } from './alarms.ts';
import { BackupBucket } from './backup-bucket.ts';
import { CleanUp } from './clean-up.ts';
import { Dashboard } from './dashboard.ts';
import { DeadLetters } from './dead-letters.ts';
import { Encryption } from './encryption.ts';
import { Functions } from './functions.ts';
import { NodeDocuments } from './node-documents.ts';
import { NodePolicy } from './node-policy.ts';
import { Notifications } from './notifications.ts';
import { addOutputs } from './outputs.ts';
import { Schedules } from './schedules.ts';
import { StateMachines } from './state-machines.ts';

export interface HopsworksDrProps {
  readonly cluster: Cluster;
}

/** Everything that one cluster needs: where backups lie, what runs on its nodes, what decides, the procedures, and what is seen of them. */
export class HopsworksDrStack extends Stack {
  constructor(scope: Construct, id: string, { cluster }: HopsworksDrProps) {
    const { key, value } = cluster.tags.cluster;
    super(scope, id, {
      description: `Disaster recovery of the Hopsworks cluster ${cluster.name}`,
      // CloudFormation hands a stack's tags on to everything in it.
      tags: { [key]: value },
      // The lines of the scripts on nodes, each indented, would be a fifth of what CloudFormation takes.
      suppressTemplateIndentation: true,
      ...(cluster.environment && { env: cluster.environment }),
    });

    const encryption = new Encryption(this, 'Encryption', { cluster });
    const bucket = new BackupBucket(this, 'BackupBucket', { cluster, encryption });
    const documents = new NodeDocuments(this, 'NodeDocuments', { cluster });
    const nodePolicy = new NodePolicy(this, 'NodePolicy', { cluster, bucket, documents });
    const notifications = new Notifications(this, 'Notifications', { cluster, encryption });
    const deadLetters = new DeadLetters(this, 'DeadLetters');
    const functions = new Functions(this, 'Functions', { cluster, bucket, documents, deadLetters });
    const machines = new StateMachines(this, 'StateMachines', { cluster, bucket, functions, notifications });
    new CleanUp(this, 'CleanUp', { machines, deadLetters });
    new Schedules(this, 'Schedules', { cluster, functions, deadLetters });
    const { all: alarms } = new Alarms(this, 'Alarms', { cluster, functions, machines, deadLetters, notifications });
    const dashboard = new Dashboard(this, 'Dashboard', { cluster, functions, machines, alarms });
    addOutputs(this, { cluster, bucket, nodePolicy, machines, notifications, dashboard });
  }
}
