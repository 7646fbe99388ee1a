import { describe, expect, it } from 'vitest';
import type { FunctionName } from '../../lambdas/environments.ts';
import { planVerification } from '../../lambdas/plan-verification/plan-verification.ts';
import { type ActionName, scriptName } from '../../model/actions.ts';
import { layout } from '../../model/layout.ts';
import { BACKUP_ID, backupPlan, CLUSTER, manifest, onDisks, START_TIME } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';
import { nodePrefixes, nodeScripts, permissionsOfLambda, permissionsOfNodes } from '../fixtures/calls.ts';
import { inspectedHopsfs, inspection } from '../fixtures/inspection.ts';
import { actionsOf, grants, heldBy, lambdas, resourcesFor, services, unique } from '../fixtures/permissions.ts';
import { actionStates, kebab, tasks } from '../fixtures/states.ts';

/** The calls to KMS that S3 makes for who reads and writes; the parts of an upload are decrypted to be joined. */
function keyUseFor(actions: readonly string[]): string[] {
  const reads = actions.includes('s3:GetObject') || actions.includes('s3:AbortMultipartUpload') ? ['kms:Decrypt'] : [];
  return [...reads, ...(actions.includes('s3:PutObject') ? ['kms:GenerateDataKey'] : [])];
}

const ofLambda = (name: string) => heldBy(`Functions/${name}-role`);

describe('the permissions of the Lambdas', () => {
  it.each(lambdas)('are, for $role, those of the AWS calls that its code makes, and no others', ({ role, code, service = [] }) => {
    const called = permissionsOfLambda(code);

    const granted = actionsOf(ofLambda(role));

    expect(called).not.toEqual([]);
    expect(granted).toEqual(unique([...called, ...keyUseFor(called), ...services.lambda, ...service]));
  });

  const [sealed, plan] = [layout.manifest('example', '*'), layout.plan('example', '*')];
  const prunes = `${layout.prunes('example')}*`;
  const lease = layout.lease('example');
  const [restore, rewind] = [layout.restore('example', '*'), `${layout.restore('example', '*')}/rewind/*`];
  const everything = layout.backup('example', '*');
  const lists = `${layout.verification('example', '*')}.list`;
  const [verification, last] = [layout.verification('example', '*'), layout.lastVerification('example', '*').replace('.json', '')];
  it.each<[FunctionName, { reads?: string[]; writes?: string[]; deletes?: string[] }]>([
    ['take-lease', { reads: [lease], writes: [lease] }],
    ['release-lease', { reads: [lease], writes: [lease] }],
    ['plan-backup', { reads: [sealed, plan], writes: [plan] }],
    ['seal-backup', { reads: [everything, lease], writes: [sealed, lease] }],
    [
      'prune-backups',
      {
        reads: [sealed, prunes, lease, layout.sweep('example', '*')],
        writes: [prunes, lease, layout.sweepReport('example', '*')],
        deletes: [everything, layout.blocks('example', '*'), prunes],
      },
    ],
    ['survey-blocks', { reads: [sealed], writes: [rewind] }],
    ['plan-restore', { reads: [sealed, layout.report('example', '*')], writes: [restore] }],
    ['rewind-block-bucket', { reads: [rewind, lease], writes: [lease] }],
    ['report-restore', { reads: [sealed, restore], writes: [layout.report('example', '*'), layout.reportPage('example', '*')] }],
    ['check-objects', { reads: [everything], writes: [layout.damageList('example', '*', 'objects')] }],
    ['plan-verification', { reads: [sealed], writes: [layout.verificationPlan('example', '*'), layout.listDigests(verification), lists] }],
    ['report-verification', { reads: [sealed, verification], writes: [layout.verificationReport('example', '*'), last] }],
    ['describe-failure', { reads: [lease, plan, layout.verificationPlan('example', '*')] }],
    ['watch-backups', { reads: [sealed, last] }],
    ['check-block-bucket', {}],
    ['start-backup', {}],
    ['start-verification', {}],
  ])('let %s touch the keys %j only', (name, { reads = [], writes = [], deletes = [] }) => {
    const granted = ofLambda(name);

    expect(resourcesFor('s3:GetObject', granted)).toEqual(unique(reads));
    expect(resourcesFor('s3:PutObject', granted)).toEqual(unique(writes));
    expect(resourcesFor('s3:DeleteObject', granted)).toEqual(unique(deletes));
  });

  it('let plan-verification write every object that it writes', async () => {
    const backup = manifest({ plan: backupPlan(onDisks()) });
    const bucket = memoryBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(backup) });
    const checked = { backupId: BACKUP_ID, depth: 'database', objects: 1, bytes: 1, damaged: 0, storages: backup.storages.length };
    const found = { inspection: inspection(), hopsfs: inspectedHopsfs() };
    const place = { cluster: CLUSTER, bucketName: 'the-bucket', connectString: 'mgmd:1186', stepSeconds: 3600, bucket };

    await planVerification({ execution: { name: 'v-1', startTime: START_TIME }, checked, ...found }, place);

    const granted = resourcesFor('s3:PutObject', ofLambda('plan-verification'));
    // As IAM has it, a * stands for slashes, too.
    const formOf = (pattern: string) =>
      new RegExp(
        `^${pattern
          .replace(/^.*?(?=example\/)/, '')
          .replace(/[.]/g, '[.]')
          .replaceAll('*', '.*')}$`,
      );
    const written = [...bucket.objects.keys()].filter((key) => !key.endsWith('/manifest.json'));
    expect(written.length).toBeGreaterThan(4);
    expect(written.filter((key) => !granted.some((pattern) => formOf(pattern).test(key)))).toEqual([]);
  });

  it('let prune-backups ask how manifests are locked, and nothing else', () => {
    for (const action of ['s3:GetObjectRetention', 's3:GetObjectLegalHold']) {
      expect(resourcesFor(action, ofLambda('prune-backups'))).toEqual([sealed]);
    }
  });

  it('let rewind-block-bucket remove versions of blocks only', () => {
    expect(resourcesFor('s3:DeleteObjectVersion', ofLambda('rewind-block-bucket'))).toEqual([
      expect.stringMatching(/:s3:::example-hopsfs-blocks\/blocks\/\*$/),
    ]);
  });

  it('let report-restore read the history of restores only', () => {
    expect(resourcesFor('states:GetExecutionHistory', ofLambda('report-restore'))).toEqual([
      expect.stringMatching(/:execution:hopsdr-example-restore:\*$/),
    ]);
  });

  it('let each write the log group that is its own', () => {
    const groups = lambdas.map(({ role }) => resourcesFor('logs:PutLogEvents', ofLambda(role)));

    expect(groups).toEqual(lambdas.map(({ role }) => [`<Functions/${role}-logs>`]));
  });

  it.each([
    ['start-backup', 'backup'],
    ['start-verification', 'verify'],
  ])('let %s start the machine %s only', (name, machine) => {
    expect(resourcesFor('states:StartExecution', ofLambda(name))).toEqual([
      expect.stringMatching(new RegExp(`:stateMachine:hopsdr-example-${machine}$`)),
    ]);
  });
});

describe('what senders may ask of Step Functions', () => {
  it.each([
    ['backup', ['backup', 'clean-up', 'sweep', 'verify']],
    ['restore', ['restore']],
  ])('is, for the one of the %s, how executions of its machines %j are', (purpose, machines) => {
    const executions = resourcesFor('states:DescribeExecution', ofLambda(`${purpose}-send-command`));

    expect(executions).toEqual(machines.map((machine) => expect.stringMatching(new RegExp(`:execution:hopsdr-example-${machine}:\\*$`))));
  });
});

describe('what the lease may be judged by', () => {
  const asked = (action: string, role: string) =>
    resourcesFor(action, ofLambda(role)).map((arn) => /:(?:execution|stateMachine):hopsdr-example-(.+)$/.exec(arn)?.[1]);

  it('is what became of executions that may hold it, what they did, and whether somebody cleans up', () => {
    for (const role of ['take-lease', 'release-lease'])
      expect(asked('states:DescribeExecution', role)).toEqual(['backup:*', 'restore:*', 'sweep:*']);
    expect(asked('states:GetExecutionHistory', 'take-lease')).toEqual(['backup:*', 'restore:*', 'sweep:*']);
    expect(asked('states:ListExecutions', 'take-lease')).toEqual(['clean-up']);
  });
});

describe('the documents that may be sent', () => {
  const documentsOf = (purpose: string) =>
    resourcesFor('ssm:SendCommand', ofLambda(`${purpose}-send-command`))
      .map((resource) => /:document\/hopsdr-example-(.+)$/.exec(resource)?.[1])
      .filter((name) => name !== undefined);
  const actionsIn = (...machines: string[]) =>
    unique(
      actionStates
        .filter(({ machine }) => machines.includes(machine))
        .map(({ state }) => scriptName(state.Arguments?.Input?.action as ActionName)),
    );

  it.each([
    ['backup', ['backup', 'clean-up', 'sweep', 'verify']],
    ['restore', ['restore']],
  ])('by the sender of the %s are those that its machines %j run', (purpose, machines) => {
    const expected = actionsIn(...machines);

    expect(expected.length).toBeGreaterThan(4);
    expect(documentsOf(purpose)).toEqual(expected);
  });

  it('by the sender of backups change no database', () => {
    const restoring = actionsIn('restore').filter((name) => !actionsIn('backup', 'verify', 'sweep', 'clean-up').includes(name));

    expect(restoring).toContain('restore-rondb-data');
    expect(documentsOf('backup').filter((name) => restoring.includes(name))).toEqual([]);
  });

  it('are those of the two senders: nobody else sends commands', () => {
    const senders = unique(grants.filter(({ action }) => action === 'ssm:SendCommand').map(({ who }) => who));

    expect(senders).toEqual(['Functions/backup-send-command-role', 'Functions/restore-send-command-role']);
  });

  it("reach only instances with the cluster's tag", () => {
    const toInstances = grants.filter(({ action, resource }) => action === 'ssm:SendCommand' && !resource.includes(':document/'));

    expect(toInstances).toHaveLength(4);
    expect(unique(toInstances.map(({ condition }) => condition))).toEqual([
      '{"StringEquals":{"ssm:resourceTag/hopsworks:cluster":"example"}}',
    ]);
  });
});

describe('the permissions of the nodes', () => {
  const ofNodes = () => heldBy('NodePolicy/Policy');

  it("are those of the scripts' calls of aws s3api and aws s3, and writing their logs", () => {
    const called = permissionsOfNodes();

    expect(called.length).toBeGreaterThan(4);
    expect(actionsOf(ofNodes())).toEqual(unique([...called, ...keyUseFor(called), ...services.agent]));
  });

  it('cover every command of the AWS CLI in the scripts', () => {
    const others = nodeScripts.flatMap((text) => text.match(/(?<![\w/.-])aws (?!s3api|--version|\$\{AWS_ENDPOINT_URL)[a-z0-9]+ .*/g) ?? []);

    expect(others.filter((command) => /^aws (s3|s3control|sts|ssm|ec2|logs|configure)\b/.test(command))).toEqual([]);
  });

  const parts = nodePrefixes.map((name) => `${layout.backup('example', '*')}/${name}/*`);
  const blocks = `${layout.blocks('example', '*')}`;

  const written = ['found', 'rows'].map((kind) => `${layout.verification('example', '*')}.${kind}`);

  it('let them write into the parts of a backup that scripts name, blocks, and what a restore counted or a verification found; never plans or manifests', () => {
    expect(nodePrefixes).toEqual(expect.arrayContaining(['hopsfs', 'rondb']));
    expect(resourcesFor('s3:PutObject', ofNodes())).toEqual(
      unique([
        ...parts,
        blocks,
        layout.restoredRows('example', '*'),
        layout.restoredTopics('example', '*'),
        ...written,
        layout.sweptLists('example', '*'),
        layout.orphans('example', '*'),
      ]),
    );
  });

  it('let them read these, what the plan of a restore or a verification lists for them, and the cluster definition that the file names', () => {
    expect(resourcesFor('s3:GetObject', ofNodes())).toEqual(
      unique([
        ...parts,
        blocks,
        layout.restore('example', '*'),
        layout.verification('example', '*'),
        expect.stringMatching(/:s3:::example-cluster-definitions\/example\/cluster-definition.yml$/),
      ]),
    );
  });
});

describe('the permissions of the state machines', () => {
  const SYNCHRONOUS = ['StartExecution', 'DescribeExecution', 'StopExecution'].map((call) => `states:${call}`);
  const NEEDED: Readonly<Record<string, readonly string[]>> = {
    'arn:aws:states:::lambda:invoke': ['lambda:InvokeFunction'],
    'arn:aws:states:::states:startExecution.sync:2': [...SYNCHRONOUS, 'events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    // The topic is encrypted.
    'arn:aws:states:::sns:publish': ['sns:Publish', 'kms:Decrypt', 'kms:GenerateDataKey'],
  };
  const machines = [
    { name: 'backup', definition: 'backup', runner: ['<StateMachines/backup-run-on-nodes>'] },
    { name: 'restore', definition: 'restore', runner: ['<StateMachines/restore-run-on-nodes>'] },
    { name: 'verify', definition: 'verify', runner: ['<StateMachines/backup-run-on-nodes>'] },
    { name: 'sweep', definition: 'sweep', runner: ['<StateMachines/backup-run-on-nodes>'] },
    { name: 'clean-up', definition: 'clean-up', runner: ['<StateMachines/backup-run-on-nodes>'] },
    { name: 'backup-run-on-nodes', definition: 'run-on-nodes', purpose: 'backup', runner: [] },
    { name: 'restore-run-on-nodes', definition: 'run-on-nodes', purpose: 'restore', runner: [] },
  ];
  const tasksOf = (definition: string) => tasks.filter(({ machine }) => machine === definition).map(({ state }) => state);

  it.each(machines)('let $name do what its tasks need, and no more', ({ name, definition }) => {
    const needed = tasksOf(definition).flatMap(({ Resource = '' }) => NEEDED[Resource] ?? [`unknown: ${Resource}`]);

    expect(actionsOf(heldBy(`StateMachines/${name}/Role`))).toEqual(unique([...needed, ...services.states]));
  });

  it.each(machines)('let $name invoke its own Lambdas only, and run its own runner only', ({ name, definition, purpose, runner }) => {
    const invoked = tasksOf(definition).flatMap(({ Arguments }) => Arguments?.FunctionName?.slice(2, -1) ?? []);
    const functions = invoked.map(kebab).map((code) => (code === 'send-command' ? `${purpose}-${code}` : code));

    const granted = heldBy(`StateMachines/${name}/Role`);

    expect(resourcesFor('lambda:InvokeFunction', granted)).toEqual(unique(functions.map((code) => `<Functions/${code}>`)));
    expect(resourcesFor('states:StartExecution', granted)).toEqual(runner);
  });
});
