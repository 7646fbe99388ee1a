import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { resourceName } from '../model/names.ts';
import type { Encryption } from './encryption.ts';
import { allow, type Grantee } from './permission.ts';

/** Whom the cluster file names hears of every failure and alarm. */
export class Notifications extends Construct {
  readonly topic: Topic;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { cluster, encryption }: { cluster: Cluster; encryption: Encryption }) {
    super(scope, id);
    this.key = encryption.notices;
    this.topic = new Topic(this, 'Topic', {
      displayName: `hopsworks-dr ${cluster.name}`,
      masterKey: encryption.notices,
      enforceSSL: true,
    });
    // A topic with a policy of its own has lost the one that lets alarms of the account publish.
    const { partition, region, account } = Stack.of(this);
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:${resourceName(cluster.name, '*')}` },
        },
      }),
    );
    for (const email of cluster.notifications.emails) this.topic.addSubscription(new EmailSubscription(email));
    for (const url of cluster.notifications.urls) this.topic.addSubscription(new UrlSubscription(url));
  }

  /** Messages may be sent to these people; the key only by way of the topic. */
  grantPublish(grantee: Grantee): void {
    const { region, urlSuffix } = Stack.of(this);
    allow(grantee, { actions: ['sns:Publish'], resources: [this.topic.topicArn] });
    allow(grantee, {
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `sns.${region}.${urlSuffix}` } },
    });
  }
}
