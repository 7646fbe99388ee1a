import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment, FunctionName } from '../lambdas/environments.ts';
import type { Cluster } from '../model/cluster.ts';
import type { BackupBucket } from './backup-bucket.ts';
import type { NodeDocuments } from './node-documents.ts';

interface FunctionsProps {
  readonly cluster: Cluster;
  readonly bucket: BackupBucket;
  readonly documents: NodeDocuments;
}

/** The Lambdas that decide, and the two that drive SSM. Each may do what its code calls and nothing else. */
export class Functions extends Construct {
  readonly planBackup: NodejsFunction;
  readonly sealBackup: NodejsFunction;
  readonly planRestore: NodejsFunction;
  readonly sendCommand: NodejsFunction;
  readonly readCommand: NodejsFunction;

  constructor(scope: Construct, id: string, { cluster, bucket, documents }: FunctionsProps) {
    super(scope, id);
    const planner = { CLUSTER: cluster.name, BUCKET: bucket.name, CONNECT_STRING: cluster.rondb.connectString };

    this.planBackup = this.add('plan-backup', Duration.minutes(2), planner);
    bucket.grantList(this.planBackup);
    bucket.grantRead(this.planBackup, 'backups/*/plan.json', 'backups/*/manifest.json');
    bucket.grantWrite(this.planBackup, 'backups/*/plan.json');

    this.sealBackup = this.add('seal-backup', Duration.minutes(10), { BUCKET: bucket.name });
    bucket.grantList(this.sealBackup);
    bucket.grantRead(this.sealBackup, 'backups/*');
    bucket.grantWrite(this.sealBackup, 'backups/*/manifest.json');

    this.planRestore = this.add('plan-restore', Duration.minutes(10), planner);
    bucket.grantList(this.planRestore);
    bucket.grantRead(this.planRestore, 'backups/*');
    bucket.grantWrite(this.planRestore, 'restores/*');

    this.sendCommand = this.add('send-command', Duration.minutes(1), {
      DOCUMENT_PREFIX: documents.prefix,
      TAGS: JSON.stringify(cluster.tags),
      LOG_GROUP: documents.logs.logGroupName,
    });
    documents.grantSend(this.sendCommand);

    this.readCommand = this.add('read-command', Duration.minutes(1), {});
    documents.grantReadInvocations(this.readCommand);
  }

  private add<F extends FunctionName>(name: F, timeout: Duration, environment: Environment<F>): NodejsFunction {
    return new NodejsFunction(this, name, {
      entry: fileURLToPath(new URL(`../lambdas/${name}/handler.ts`, import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout,
      environment,
      bundling: { minify: true, format: OutputFormat.CJS, externalModules: [] },
      logGroup: new LogGroup(this, `${name}-logs`, { retention: RetentionDays.SIX_MONTHS }),
    });
  }
}
