import { describe, expect, it } from 'vitest';
import { actionsOf, grants, lambdas, services, unique } from '../fixtures/permissions.ts';

describe('whoever has permissions', () => {
  it('is a Lambda, a machine, a node, or one of these services', () => {
    const tested = [...lambdas.map(({ role }) => `Functions/${role}-role`), 'NodePolicy/Policy'];
    const others = grants.filter(({ who, by }) => !by && !tested.includes(who) && !/^StateMachines\/[a-z-]+\/Role$/.test(who));

    expect(unique(others.map(({ who, action, resource }) => `${who}: ${action} ${resource}`))).toEqual([
      'BackupBucket/Replication/Role: kms:Decrypt arn:aws:kms:eu-north-1:111122223333:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d',
      'BackupBucket/Replication/Role: kms:Encrypt arn:aws:kms:eu-west-1:444455556666:key/9f8e7d6c-5b4a-4c3d-9e2f-1a0b9c8d7e6f',
      'BackupBucket/Replication/Role: kms:GenerateDataKey arn:aws:kms:eu-west-1:444455556666:key/9f8e7d6c-5b4a-4c3d-9e2f-1a0b9c8d7e6f',
      'BackupBucket/Replication/Role: s3:GetObjectLegalHold <BackupBucket/Bucket>/*',
      'BackupBucket/Replication/Role: s3:GetObjectRetention <BackupBucket/Bucket>/*',
      'BackupBucket/Replication/Role: s3:GetObjectVersionAcl <BackupBucket/Bucket>/*',
      'BackupBucket/Replication/Role: s3:GetObjectVersionForReplication <BackupBucket/Bucket>/*',
      'BackupBucket/Replication/Role: s3:GetObjectVersionTagging <BackupBucket/Bucket>/*',
      'BackupBucket/Replication/Role: s3:GetReplicationConfiguration <BackupBucket/Bucket>',
      'BackupBucket/Replication/Role: s3:ListBucket <BackupBucket/Bucket>',
      'BackupBucket/Replication/Role: s3:ObjectOwnerOverrideToBucketOwner arn:aws:s3:::example-backups-copy/*',
      'BackupBucket/Replication/Role: s3:ReplicateObject arn:aws:s3:::example-backups-copy/*',
      'BackupBucket/Replication/Role: s3:ReplicateTags arn:aws:s3:::example-backups-copy/*',
      'Schedules/Role: lambda:InvokeFunction <Functions/start-backup>',
      'Schedules/Role: lambda:InvokeFunction <Functions/start-verification>',
      'Schedules/Role: lambda:InvokeFunction <Functions/watch-backups>',
      'Schedules/Role: sqs:SendMessage <DeadLetters/Queue>',
      'StateMachines/clean-up/EventsRole: states:StartExecution <StateMachines/clean-up>',
    ]);
  });

  it('deletes nothing, except prune-backups, which leaves all versions, and what rewinds blocks, which removes delete markers', () => {
    const deleting = grants.filter(({ effect, action }) => effect === 'Allow' && /^s3:.*(delete|bypass|\*)/i.test(action));

    expect(unique(deleting.map(({ who, action }) => `${who} ${action}`))).toEqual([
      'Functions/prune-backups-role s3:DeleteObject',
      'Functions/rewind-block-bucket-role s3:DeleteObjectVersion',
    ]);
  });

  it('replaces no object of a backup, whatever other policies say', () => {
    const denied = grants.filter(({ effect, action }) => effect === 'Deny' && action === 's3:PutObject');

    expect(denied).toEqual([
      {
        who: '*',
        effect: 'Deny',
        action: 's3:PutObject',
        resource: '<BackupBucket/Bucket>/example/backups/*',
        condition: '{"Null":{"s3:if-none-match":"true"},"Bool":{"s3:ObjectCreationOperation":"true"}}',
        by: 'BackupBucket/Bucket',
      },
    ]);
  });

  it('uses keys only by way of the service that keeps what they encrypt', () => {
    const keyUse = grants.filter(({ action, by }) => action.startsWith('kms:') && !by);

    expect(unique(keyUse.map(({ condition }) => condition))).toEqual([
      '{"StringEquals":{"kms:ViaService":"s3.eu-north-1.<AWS::URLSuffix>"}}',
      '{"StringEquals":{"kms:ViaService":"s3.eu-west-1.<AWS::URLSuffix>"}}',
      '{"StringEquals":{"kms:ViaService":"sns.eu-north-1.<AWS::URLSuffix>"}}',
    ]);
  });

  it('does so on every resource only where a call knows no resources', () => {
    const everywhere = grants.filter(({ effect, resource, by }) => effect === 'Allow' && resource === '*' && !by);

    expect(actionsOf(everywhere)).toEqual(
      unique([
        // Traces belong to no resource; logs are delivered by an object of the account, not of the log group.
        ...services.lambda.filter((action) => action.startsWith('xray:')),
        ...services.states,
        // The agent looks for its log group among all of them.
        'logs:DescribeLogGroups',
        // SSM lists instances, and lists, reads and cancels commands, for whole accounts only.
        ...['CancelCommand', 'DescribeInstanceInformation', 'GetCommandInvocation', 'ListCommandInvocations', 'ListCommands'].map(
          (call) => `ssm:${call}`,
        ),
      ]),
    );
  });
});
