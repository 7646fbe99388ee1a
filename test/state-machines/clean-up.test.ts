import { describe, expect, it } from 'vitest';
import type { Message } from '../../local/engine/publish.ts';
import { virtualClock } from '../../local/simulation/virtual-clock.ts';
import { readDefinition } from '../../state-machines/definitions.ts';
import { arnOf, definition, failing, practice } from '../local/engine/practice.ts';

const TOPIC = 'arn:aws:sns:eu-north-1:123456789012:topic';
const plan = {
  backupId: '263261030',
  connectString: 'mgmd:1186',
  bucket: 'the-bucket',
  prefix: 'x/backups/263261030',
  head: 'i-head',
  rondbInstances: ['i-1', 'i-2'],
};
const failure = { subject: 'subject', message: 'message', error: 'UploadFailed', sweep: false, plan, verification: null };

interface Given {
  /** What CancelCommands finds at its first looks; nothing afterwards. */
  readonly executing?: number[];
  readonly described?: object;
  readonly describe?: () => unknown;
}

/** Cleans up on a virtual clock, with nodes on which everything succeeds; resolves with what was done. */
async function cleanUp({ executing = [], described = {}, describe = () => ({ ...failure, ...described }) }: Given = {}) {
  const placeholders = {
    RunOnNodes: arnOf('nodes'),
    CancelCommands: 'cancel',
    DescribeFailure: 'describe',
    ReleaseLease: 'release',
    Topic: TOPIC,
  };
  const text = JSON.stringify(readDefinition('clean-up')).replace(
    /\$\{([A-Za-z]+)\}/g,
    (_, name: keyof typeof placeholders) => placeholders[name],
  );
  const looks: number[] = [];
  const messages: Message[] = [];
  const clock = virtualClock();
  const released: unknown[] = [];
  const functions = {
    cancel: () => ({ executing: executing[looks.push(clock.now()) - 1] ?? 0 }),
    describe,
    release: (_: string, payload: unknown) => void released.push(payload, engine.listExecutions(arnOf('nodes')).length),
  };
  const machines = { main: JSON.parse(text) as object, nodes: definition({ Done: { Type: 'Succeed' } }) };
  const engine = practice(machines, functions, clock, async (message) => `${messages.push(message)}`);
  const stopDate = clock.now();
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('main'), input: { executionArn: 'arn', stopDate } });
  const { status, output } = await engine.settled(executionArn);
  const onNodes = engine
    .listExecutions(arnOf('nodes'))
    .reverse()
    .map(({ input }) => input as { action: string; targets: { instanceIds: string[] }; parameters: object });
  return { status, output, messages, onNodes, released, looks: looks.map((time) => time - stopDate) };
}

describe('cleaning up', () => {
  it('looks for commands until none executes, and once more when SSM must list what was sent at last', async () => {
    const { looks, status } = await cleanUp({ executing: [2, 1] });

    expect(status).toBe('SUCCEEDED');
    expect(looks.length).toBeGreaterThan(3);
    expect(looks.at(-1)).toBeGreaterThan(10_000);
  });

  it('goes on looking for as long as a command executes', async () => {
    const { looks } = await cleanUp({ executing: Array.from({ length: 40 }, () => 1) });

    expect(looks).toHaveLength(41);
  });

  it('tells people what failed', async () => {
    const { messages } = await cleanUp();

    expect(messages).toEqual([{ topicArn: TOPIC, subject: 'subject', message: 'message' }]);
  });

  it('touches no node after a failure that can be redriven, and lets the next execution begin', async () => {
    const { onNodes, output, released } = await cleanUp();

    expect(onNodes).toEqual([]);
    expect(output).toEqual({ error: 'UploadFailed', swept: false });
    expect(released).toHaveLength(2);
  });

  it('aborts on the head and then sweeps all data nodes of a backup that nobody will redrive', async () => {
    const { onNodes, output, released } = await cleanUp({ described: { sweep: true, error: 'BackupAborted' } });

    const { connectString, backupId, bucket, prefix } = plan;
    expect(onNodes.map(({ action, targets, parameters }) => [action, targets.instanceIds, parameters])).toEqual([
      ['AbortRondbBackup', ['i-head'], { connectString, backupId }],
      ['RemoveLocalBackup', ['i-1', 'i-2'], { connectString, backupId, bucket, prefix }],
    ]);
    expect(output).toEqual({ error: 'BackupAborted', swept: true });
    expect(released).toEqual([{ execution: 'arn', done: false }, onNodes.length]);
  });

  it('removes from its data nodes what a verification has fetched', async () => {
    const verification = { connectString: 'mgmd:1186', prefix: 'x/verifications/v', rondbInstances: ['i-1', 'i-2'] };

    const { onNodes, status } = await cleanUp({ described: { plan: null, verification } });

    expect(status).toBe('SUCCEEDED');
    const { rondbInstances, ...parameters } = verification;
    expect(onNodes.map((given) => [given.action, given.targets.instanceIds, given.parameters])).toEqual([
      ['RemoveVerification', rondbInstances, parameters],
    ]);
  });

  it('needs no plan where nothing is to be swept', async () => {
    expect(await cleanUp({ described: { plan: null } })).toMatchObject({ status: 'SUCCEEDED', onNodes: [] });
  });

  it('is not kept from telling people by trouble that passes', async () => {
    let calls = 0;
    const describe = () => (++calls < 3 ? failing('ThrottlingException')() : failure);

    const { messages, status } = await cleanUp({ describe });

    expect(status).toBe('SUCCEEDED');
    expect(messages).toHaveLength(1);
  });
});
