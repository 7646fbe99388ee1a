import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSsm, type InvocationChange, type Node, type Ssm, type SsmDocument } from '../../../local/ssm/ssm.ts';

/** A directory that is removed when the test has ended. */
export function givenDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function givenNodes(count: number, change: Partial<Node> = {}): Node[] {
  return Array.from({ length: count }, (_, index) => ({
    instanceId: `i-${String(index).padStart(17, '0')}`,
    name: `node-${index}`,
    directory: givenDirectory(),
    environment: { PATH: process.env.PATH ?? '', HOPS_ROOT: '/srv/hops' },
    tags: { role: index % 2 === 0 ? 'head' : 'rondb' },
    ...change,
  }));
}

/** A document named `step` whose parameters all are ENV_VAR ones, unless they say otherwise. */
export function givenDocument(lines: string[], parameters: Record<string, object> = {}, timeoutSeconds: string | number = 60): SsmDocument {
  const definitions = Object.entries(parameters).map(([name, more]) => [name, { type: 'String', interpolationType: 'ENV_VAR', ...more }]);
  return {
    name: 'step',
    content: {
      schemaVersion: '2.2',
      parameters: Object.fromEntries(definitions),
      mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: lines, timeoutSeconds: String(timeoutSeconds) } }],
    },
  };
}

/** An SSM that is stopped when the test has ended. */
export function givenSsm(nodes: Node[], ...documents: SsmDocument[]): Ssm {
  return givenPatientSsm(0, nodes, ...documents);
}

export function givenPatientSsm(patienceMs: number, nodes: Node[], ...documents: SsmDocument[]): Ssm {
  const ssm = createSsm({ nodes, documents, region: 'eu-north-1', patienceMs });
  onTestFinished(() => ssm.stop());
  return ssm;
}

/** Resolves with the first change that the test is waiting for. */
export function nextChange(ssm: Ssm, wanted: (change: InvocationChange) => boolean): Promise<InvocationChange> {
  return new Promise((resolve) => {
    const forget = ssm.onInvocation((change) => {
      if (!wanted(change)) return;
      forget();
      resolve(change);
    });
  });
}

export const hasEnded = ({ status }: InvocationChange) => !['Pending', 'InProgress', 'Cancelling'].includes(status);

/** Sends `step` to nodes; resolves with the command's id. */
export async function send(ssm: Ssm, nodes: Node[], more: object = {}): Promise<string> {
  const request = { DocumentName: 'step', InstanceIds: nodes.map(({ instanceId }) => instanceId), ...more };
  const { Command } = (await ssm.api('SendCommand', request)) as { Command: { CommandId: string } };
  return Command.CommandId;
}
