import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as Lambda, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment, FunctionName } from '../lambdas/environments.ts';
import type { Cluster } from '../model/cluster.ts';
import { keptDays } from '../model/consistency.ts';
import type { MachineName } from '../state-machines/definitions.ts';
import type { BackupBucket } from './backup-bucket.ts';
import { codeOf } from './bundles.ts';
import type { DeadLetters } from './dead-letters.ts';
import { actionsIn, type NodeDocuments } from './node-documents.ts';
import { acceptWildcards, allow } from './permission.ts';
import { stateMachineArn } from './state-machines.ts';

interface FunctionsProps {
  readonly cluster: Cluster;
  readonly bucket: BackupBucket;
  readonly documents: NodeDocuments;
  readonly deadLetters: DeadLetters;
}

/** The Lambdas that decide, and those that drive SSM. Each may do what its code calls and nothing else. */
export class Functions extends Construct {
  readonly takeLease: Lambda;
  readonly releaseLease: Lambda;
  readonly planBackup: Lambda;
  readonly checkBlockBucket: Lambda;
  readonly sealBackup: Lambda;
  readonly pruneBackups: Lambda;
  readonly surveyBlocks: Lambda;
  readonly planRestore: Lambda;
  readonly rewindBlockBucket: Lambda;
  readonly reportRestore: Lambda;
  readonly checkObjects: Lambda;
  readonly planVerification: Lambda;
  readonly reportVerification: Lambda;
  readonly sendCommand: { readonly backup: Lambda; readonly restore: Lambda };
  readonly readCommand: Lambda;
  readonly cancelCommands: Lambda;
  readonly describeFailure: Lambda;
  readonly startBackup: Lambda;
  readonly startVerification: Lambda;
  readonly watchBackups: Lambda;
  private readonly cluster: Cluster;

  constructor(scope: Construct, id: string, { cluster, bucket, documents, deadLetters }: FunctionsProps) {
    super(scope, id);
    this.cluster = cluster;
    const { limits } = cluster;
    const of = { CLUSTER: cluster.name, BUCKET: bucket.name };
    const backupSeconds = String(Duration.hours(limits.backupHours).toSeconds());
    const restoreSeconds = String(Duration.hours(limits.restoreHours).toSeconds());
    const { hopsfs } = cluster;
    const planner = { ...of, CONNECT_STRING: cluster.rondb.connectString, HOPSFS: JSON.stringify(hopsfs ?? null) };
    const blocks = hopsfs?.storage === 's3' ? { storage: hopsfs.storage, bucket: hopsfs.bucket, prefix: hopsfs.prefix } : null;
    const blockBucket = { BLOCK_BUCKET: JSON.stringify(blocks) };

    this.takeLease = this.add('take-lease', Duration.minutes(1), of);
    bucket.grantLease(this.takeLease);
    this.allowExecutions(this.takeLease, ['states:DescribeExecution', 'states:GetExecutionHistory'], 'backup', 'restore', 'sweep');
    allow(this.takeLease, { actions: ['states:ListExecutions'], resources: [stateMachineArn(this, cluster, 'clean-up')] });
    this.releaseLease = this.add('release-lease', Duration.minutes(1), of);
    bucket.grantLease(this.releaseLease);
    this.allowExecutions(this.releaseLease, ['states:DescribeExecution'], 'backup', 'restore', 'sweep');

    this.planBackup = this.add('plan-backup', Duration.minutes(2), { ...planner, STEP_SECONDS: backupSeconds });
    bucket.grantList(this.planBackup);
    bucket.grantRead(this.planBackup, 'backups/*/plan.json', 'backups/*/manifest.json');
    bucket.grantWrite(this.planBackup, 'backups/*/plan.json');

    this.checkBlockBucket = this.add('check-block-bucket', Duration.minutes(1), {
      ...blockBucket,
      // A backup that was removed by mistake can be had back for as long as its noncurrent versions live.
      BLOCK_DAYS: String(keptDays(cluster, new Date()) + cluster.bucket.noncurrentDays),
      RETENTION: JSON.stringify(cluster.retention),
    });
    if (blocks) allowBlocks(this.checkBlockBucket, blocks.bucket, 's3:GetBucketVersioning', 's3:GetLifecycleConfiguration');

    this.sealBackup = this.add('seal-backup', Duration.minutes(10), of);
    bucket.grantLease(this.sealBackup);
    bucket.grantRead(this.sealBackup, 'backups/*');
    bucket.grantWrite(this.sealBackup, 'backups/*/manifest.json');

    this.pruneBackups = this.add('prune-backups', Duration.minutes(15), { ...of, RETENTION: JSON.stringify(cluster.retention) });
    bucket.grantLease(this.pruneBackups);
    bucket.grantPrune(this.pruneBackups);

    this.surveyBlocks = this.add('survey-blocks', Duration.minutes(10), { ...of, ...blockBucket });
    bucket.grantList(this.surveyBlocks);
    bucket.grantRead(this.surveyBlocks, 'backups/*/manifest.json');
    bucket.grantWrite(this.surveyBlocks, 'restores/*/rewind/*');
    if (blocks) allowBlocks(this.surveyBlocks, blocks.bucket, 's3:ListBucketVersions');

    this.planRestore = this.add('plan-restore', Duration.minutes(5), {
      ...planner,
      STEP_SECONDS: restoreSeconds,
      SERVICES: JSON.stringify(cluster.services),
      OPEN_SEARCH: JSON.stringify(cluster.openSearch),
      KAFKA: JSON.stringify(cluster.kafka),
    });
    bucket.grantList(this.planRestore);
    bucket.grantRead(this.planRestore, 'backups/*/manifest.json', 'restores/*/report.json');
    bucket.grantWrite(this.planRestore, 'restores/*');

    this.rewindBlockBucket = this.add('rewind-block-bucket', Duration.minutes(10), { ...of, ...blockBucket });
    bucket.grantLease(this.rewindBlockBucket);
    bucket.grantRead(this.rewindBlockBucket, 'restores/*/rewind/*');
    if (blocks) {
      allowBlocks(this.rewindBlockBucket, blocks.bucket, 's3:ListBucketVersions', 's3:GetBucketVersioning');
      allow(this.rewindBlockBucket, {
        actions: ['s3:DeleteObjectVersion'],
        resources: [`arn:${Stack.of(this).partition}:s3:::${blocks.bucket}/${blocks.prefix}*`],
        wildcard: 'Which blocks were deleted since a recovery point is known when it is restored; only delete markers are removed.',
      });
    }

    this.reportRestore = this.add('report-restore', Duration.minutes(5), of);
    bucket.grantList(this.reportRestore);
    bucket.grantRead(this.reportRestore, 'backups/*/manifest.json', 'restores/*');
    bucket.grantWrite(this.reportRestore, 'restores/*/report.json', 'restores/*/report.html');
    this.allowExecutions(this.reportRestore, ['states:GetExecutionHistory'], 'restore');

    this.checkObjects = this.add('check-objects', Duration.minutes(15), of);
    bucket.grantList(this.checkObjects);
    bucket.grantRead(this.checkObjects, 'backups/*');
    bucket.grantWrite(this.checkObjects, 'verifications/*/objects.found');

    this.planVerification = this.add('plan-verification', Duration.minutes(5), {
      ...of,
      CONNECT_STRING: cluster.rondb.connectString,
      STEP_SECONDS: restoreSeconds,
    });
    bucket.grantList(this.planVerification);
    bucket.grantRead(this.planVerification, 'backups/*/manifest.json');
    bucket.grantWrite(this.planVerification, 'verifications/*/plan.json', 'verifications/*/lists.sha256', 'verifications/*.list');

    this.reportVerification = this.add('report-verification', Duration.minutes(5), of);
    bucket.grantList(this.reportVerification);
    bucket.grantRead(this.reportVerification, 'backups/*/manifest.json', 'verifications/*');
    bucket.grantWrite(this.reportVerification, 'verifications/*/report.json', 'verifications/last/*');

    this.sendCommand = {
      backup: this.addSender('backup', ['backup', 'verify', 'sweep', 'clean-up'], documents),
      restore: this.addSender('restore', ['restore'], documents),
    };
    // It waits for four minutes itself.
    this.readCommand = this.add('read-command', Duration.minutes(5), {});
    documents.grantReadInvocations(this.readCommand);
    this.cancelCommands = this.add('cancel-commands', Duration.minutes(1), { DOCUMENT_PREFIX: documents.prefix });
    documents.grantListCommands(this.cancelCommands);
    documents.grantCancel(this.cancelCommands);

    this.describeFailure = this.add('describe-failure', Duration.minutes(1), {
      ...of,
      CONNECT_STRING: cluster.rondb.connectString,
      RUNBOOK: cluster.notifications.runbook,
    });
    bucket.grantList(this.describeFailure);
    bucket.grantRead(this.describeFailure, 'lease.json', 'backups/*/plan.json', 'verifications/*/plan.json');

    this.startBackup = this.addStarter('start-backup', 'backup');
    this.startVerification = this.addStarter('start-verification', 'verify');

    this.watchBackups = this.add('watch-backups', Duration.minutes(2), {
      ...of,
      SCHEDULES: JSON.stringify(cluster.schedules),
      GRACE_DAYS: String(cluster.debris.graceDays),
    });
    bucket.grantList(this.watchBackups);
    bucket.grantListUploads(this.watchBackups);
    bucket.grantRead(this.watchBackups, 'backups/*/manifest.json', 'verifications/last/*');

    // Schedules invoke these asynchronously: what still fails after Lambda's own retries must not vanish.
    const { queueArn } = deadLetters.queue;
    for (const lambda of [this.startBackup, this.startVerification, this.watchBackups]) {
      allow(lambda, { actions: ['sqs:SendMessage'], resources: [queueArn] });
      // Not CDK's own destination, which may also read the queue's attributes.
      const onFailure = { bind: () => ({ destination: queueArn }) };
      lambda.configureAsyncInvoke({ onFailure, retryAttempts: 2, maxEventAge: Duration.hours(2) });
    }
  }

  get all(): Lambda[] {
    return this.node.children.filter((child) => child instanceof Lambda);
  }

  /** A sender may send the documents of the actions that occur in its machines. */
  private addSender(purpose: 'backup' | 'restore', machines: readonly MachineName[], documents: NodeDocuments): Lambda {
    const { tags } = this.cluster;
    const environment = { DOCUMENT_PREFIX: documents.prefix, TAGS: JSON.stringify(tags), LOG_GROUP: documents.logs.logGroupName };
    const lambda = this.add('send-command', Duration.minutes(1), environment, `${purpose}-send-command`);
    documents.grantSend(lambda, actionsIn(machines));
    documents.grantCancel(lambda);
    this.allowExecutions(lambda, ['states:DescribeExecution'], ...machines);
    return lambda;
  }

  /** What a schedule starts an execution through. */
  private addStarter(name: 'start-backup' | 'start-verification', machine: MachineName): Lambda {
    const arn = stateMachineArn(this, this.cluster, machine);
    const lambda = this.add(name, Duration.minutes(1), { CLUSTER: this.cluster.name, STATE_MACHINE_ARN: arn });
    allow(lambda, { actions: ['states:StartExecution'], resources: [arn] });
    return lambda;
  }

  private allowExecutions(lambda: Lambda, actions: string[], ...machines: MachineName[]): void {
    const resources = machines.map((machine) => executionsOf(this, this.cluster, machine));
    allow(lambda, { actions, resources, wildcard: 'Executions have names of their own.' });
  }

  private add<F extends FunctionName>(name: F, timeout: Duration, environment: Environment<F>, id: string = name): Lambda {
    const logGroup = new LogGroup(this, `${id}-logs`, { retention: this.cluster.logs.retentionDays });
    // Of its own, and not with the managed policy that CDK would attach: that one may write into every log group.
    const role = new Role(this, `${id}-role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    acceptWildcards(role, ['*'], 'X-Ray knows no permission on a single trace.');
    return new Lambda(this, id, {
      description: `${id} of the Hopsworks cluster ${this.cluster.name}`,
      code: codeOf(name),
      handler: `${name}.handler`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout,
      environment,
      role,
      tracing: Tracing.ACTIVE,
      logGroup,
    });
  }
}

function executionsOf(scope: Construct, cluster: Cluster, machine: MachineName): string {
  return `${stateMachineArn(scope, cluster, machine).replace(':stateMachine:', ':execution:')}:*`;
}

/** What is asked of the bucket of HopsFS as a whole. */
function allowBlocks(lambda: Lambda, bucket: string, ...actions: string[]): void {
  allow(lambda, { actions, resources: [`arn:${Stack.of(lambda).partition}:s3:::${bucket}`] });
}
