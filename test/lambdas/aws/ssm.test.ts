import { describe, expect, it } from 'vitest';
import { givenAws } from '../../fixtures/aws.ts';

const calls = () => import('../../../lambdas/aws/ssm.ts');
const bodies = (requests: readonly { body: string }[]) => requests.map(({ body }) => JSON.parse(body));
const ID = '11111111-2222-3333-4444-555555555555';

describe('listing executing commands', () => {
  it('names those of every page, with document, comment and time', async () => {
    const command = (n: number) => ({
      CommandId: `c-${n}`,
      DocumentName: 'hopsdr-example-check-nodes',
      Comment: `backup:e-${n}`,
      RequestedDateTime: n,
    });
    const requests = await givenAws(JSON.stringify({ Commands: [command(1)], NextToken: 't' }), JSON.stringify({ Commands: [command(2)] }));
    const { listExecuting } = await calls();

    const executing = await listExecuting();

    expect(executing).toEqual(
      [1, 2].map((n) => ({
        commandId: `c-${n}`,
        documentName: 'hopsdr-example-check-nodes',
        comment: `backup:e-${n}`,
        requestedAt: new Date(n * 1000),
      })),
    );
    const Filters = [{ key: 'ExecutionStage', value: 'Executing' }];
    expect(bodies(requests)).toEqual([{ Filters }, { Filters, NextToken: 't' }]);
  });
});

describe('cancelling a command', () => {
  it('asks SSM for all its instances', async () => {
    const requests = await givenAws('{}');
    const { cancelCommand } = await calls();

    await cancelCommand(ID);

    expect(bodies(requests)).toEqual([{ CommandId: ID }]);
  });

  it('is done when SSM does not know it any more', async () => {
    const requests = await givenAws('400 {"__type":"InvalidCommandId","message":""}');
    const { cancelCommand } = await calls();

    await cancelCommand(ID);

    expect(requests).toHaveLength(1);
  });

  it('fails when SSM refuses', async () => {
    await givenAws('400 {"__type":"AccessDeniedException","message":"no"}');
    const { cancelCommand } = await calls();

    await expect(cancelCommand(ID)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('sending a command', () => {
  it('says for whom, with what, and how little failure is taken', async () => {
    const requests = await givenAws(JSON.stringify({ Command: { CommandId: ID } }));
    const { sendCommand } = await calls();
    const command = { documentName: 'd', instanceIds: ['i-1'], parameters: { backupId: '263261030' }, logGroup: 'g', comment: 'backup:e' };

    expect(await sendCommand(command)).toBe(ID);

    const sent = { DocumentName: 'd', InstanceIds: ['i-1'], Parameters: { backupId: ['263261030'] }, Comment: 'backup:e', MaxErrors: '0' };
    expect(bodies(requests)[0]).toMatchObject(sent);
  });
});
