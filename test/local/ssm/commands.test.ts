import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { InvocationChange, Node, Ssm } from '../../../local/ssm/ssm.ts';
import { givenDocument, givenNodes, givenSsm, hasEnded, nextChange, send } from './given.ts';

function recordStatuses(ssm: Ssm): string[] {
  const statuses: string[] = [];
  ssm.onInvocation(({ statusDetails }) => statuses.push(statusDetails));
  return statuses;
}

async function read(ssm: Ssm, { instanceId }: Pick<Node, 'instanceId'>, commandId: string) {
  return vi.waitFor(() => ssm.api('GetCommandInvocation', { CommandId: commandId, InstanceId: instanceId }), { timeout: 5000 }) as Promise<
    Record<string, unknown>
  >;
}

/** Writes down the pid of a grandchild that would outlive its parent, then waits for it. */
const SLEEPER = ['#!/usr/bin/env bash', 'sleep 300 &', 'echo $! > sleeper.tmp && mv sleeper.tmp sleeper', 'wait'];

async function pidOfSleeper({ directory }: Node): Promise<number> {
  const file = join(directory, 'sleeper');
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 5000 });
  return Number(readFileSync(file, 'utf8'));
}

const isGone = (pid: number) => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');

/** Only timers are imitated: processes and the clock stay real. */
function imitateTimers() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('a command', () => {
  it('goes from InProgress to Success', async () => {
    const nodes = givenNodes(1);
    const ssm = givenSsm(nodes, givenDocument(['true']));
    const statuses = recordStatuses(ssm);
    const ended = nextChange(ssm, hasEnded);

    await send(ssm, nodes);
    const last = await ended;

    expect(statuses).toEqual(['InProgress', 'Success']);
    expect(last).toMatchObject({ exitCode: 0, documentName: 'step', nodeName: 'node-0' });
  });

  it('has its parameters in variables or, from an older agent, in its text', async () => {
    const [current, old] = [...givenNodes(1), ...givenNodes(1, { instanceId: 'i-00000000000000009', agentVersion: '3.3.1345.0' })];
    const nodes = [current, old] as [Node, Node];
    const script = ['if [ -z "${SSM_word+x}" ]; then SSM_word="from text: {{ word }}"; fi', 'echo "$SSM_word"'];
    const ssm = givenSsm(nodes, givenDocument(script, { word: {} }));
    const ended = Promise.all(
      nodes.map(({ instanceId }) => nextChange(ssm, (change) => change.instanceId === instanceId && hasEnded(change))),
    );

    const commandId = await send(ssm, nodes, { Parameters: { word: ['hello'] } });
    await ended;

    const outputs = await Promise.all(nodes.map((node) => read(ssm, node, commandId)));
    expect(outputs.map(({ StandardOutputContent }) => StandardOutputContent)).toEqual(['hello\n', 'from text: hello\n']);
  });

  it('is killed with everything it started when it is cancelled', async () => {
    const nodes = givenNodes(1);
    const ssm = givenSsm(nodes, givenDocument(SLEEPER));
    const statuses = recordStatuses(ssm);
    const ended = nextChange(ssm, hasEnded);
    const commandId = await send(ssm, nodes);
    const pid = await pidOfSleeper(nodes[0] as Node);

    await ssm.api('CancelCommand', { CommandId: commandId });
    await ended;

    expect(statuses).toEqual(['InProgress', 'Cancelling', 'Cancelled']);
    await vi.waitFor(() => expect(isGone(pid)).toBe(true));
    expect(await read(ssm, nodes[0] as Node, commandId)).toMatchObject({ Status: 'Cancelled', ResponseCode: 137 });
  });

  it('is killed with everything it started when its execution timeout is over', async () => {
    imitateTimers();
    const nodes = givenNodes(1);
    const ssm = givenSsm(nodes, givenDocument(SLEEPER, {}, 5));
    const ended = nextChange(ssm, hasEnded);
    await send(ssm, nodes);
    const pid = await pidOfSleeper(nodes[0] as Node);

    vi.advanceTimersByTime(5000);

    expect(await ended).toMatchObject({ status: 'TimedOut', statusDetails: 'ExecutionTimedOut', exitCode: 137 });
    await vi.waitFor(() => expect(isGone(pid)).toBe(true));
  });

  it('is killed when SSM is stopped', async () => {
    const nodes = givenNodes(1);
    const ssm = givenSsm(nodes, givenDocument(SLEEPER));
    await send(ssm, nodes);
    const pid = await pidOfSleeper(nodes[0] as Node);

    await ssm.stop();

    await vi.waitFor(() => expect(isGone(pid)).toBe(true));
  });

  it('waits for a node that lost its connection and runs when it is back', async () => {
    const nodes = givenNodes(1, { pingStatus: 'ConnectionLost' });
    const ssm = givenSsm(nodes, givenDocument(['true']));
    const statuses = recordStatuses(ssm);
    const ended = nextChange(ssm, hasEnded);
    const commandId = await send(ssm, nodes);

    expect(await read(ssm, nodes[0] as Node, commandId)).toMatchObject({ Status: 'Pending', ResponseCode: -1 });
    expect(statuses).toEqual([]);
    ssm.setPing(nodes[0]?.instanceId as string, 'Online');
    await ended;

    expect(statuses).toEqual(['InProgress', 'Success']);
  });

  it('stays in progress when its node lost the connection meanwhile', async () => {
    const [node] = givenNodes(1) as [Node];
    const ssm = givenSsm([node], givenDocument(['until [ -e go ]; do sleep 0.05; done', 'touch done']));
    const started = nextChange(ssm, () => true);
    const commandId = await send(ssm, [node]);
    await started;

    ssm.setPing(node.instanceId, 'ConnectionLost');
    writeFileSync(join(node.directory, 'go'), '');
    await vi.waitFor(() => expect(existsSync(join(node.directory, 'done'))).toBe(true), { timeout: 5000 });

    expect(await read(ssm, node, commandId)).toMatchObject({ Status: 'InProgress', ResponseCode: -1 });
    const ended = nextChange(ssm, hasEnded);
    ssm.setPing(node.instanceId, 'Online');
    expect((await ended).status).toBe('Success');
  });

  it('times out undelivered after its delivery and execution timeouts together', async () => {
    imitateTimers();
    const nodes = givenNodes(1, { pingStatus: 'ConnectionLost' });
    const ssm = givenSsm(nodes, givenDocument(['true'], {}, 60));
    const statuses = recordStatuses(ssm);
    await send(ssm, nodes, { TimeoutSeconds: 30 });

    await vi.advanceTimersByTimeAsync(89_000);
    expect(statuses).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(statuses).toEqual(['DeliveryTimedOut']);
  });

  it.each(['before', 'after'])('cannot be delivered to a node that was terminated %s it was sent', async (when) => {
    const nodes = givenNodes(1, { pingStatus: when === 'before' ? 'Inactive' : 'ConnectionLost' });
    const ssm = givenSsm(nodes, givenDocument(['true']));
    const ended = nextChange(ssm, hasEnded);
    await send(ssm, nodes);

    ssm.setPing(nodes[0]?.instanceId as string, 'Inactive');

    expect(await ended).toMatchObject({ status: 'Failed', statusDetails: 'Undeliverable', exitCode: -1 });
  });

  it.each([
    ['0', ['Failed', 'Terminated', 'Terminated']],
    ['1', ['Failed', 'Failed', 'Terminated']],
    ['100%', ['Failed', 'Failed', 'Failed']],
  ])('with MaxConcurrency 1 and MaxErrors %s ends with %j when every script fails', async (MaxErrors, expected) => {
    const nodes = givenNodes(3);
    const ssm = givenSsm(nodes, givenDocument(['exit 1']));
    const endings: InvocationChange[] = [];
    ssm.onInvocation((change) => hasEnded(change) && endings.push(change));

    await send(ssm, nodes, { MaxConcurrency: '1', MaxErrors });
    await vi.waitFor(() => expect(endings).toHaveLength(3), { timeout: 5000 });

    expect(endings.map(({ statusDetails }) => statusDetails)).toEqual(expected);
  });

  it('fails on a node whose directory cannot be written', async () => {
    const nodes = givenNodes(1, { directory: process.execPath });
    const ssm = givenSsm(nodes, givenDocument(['true']));
    const ended = nextChange(ssm, hasEnded);

    const commandId = await send(ssm, nodes);

    expect(await ended).toMatchObject({ status: 'Failed', exitCode: 1 });
    expect((await read(ssm, nodes[0] as Node, commandId)).StandardErrorContent).toContain('ENOTDIR');
  });
});
