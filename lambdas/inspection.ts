import * as z from 'zod';
import { type Answer, type NodeAnswers, nodeAnswersSchema } from '../model/answers.ts';
import { DrError } from '../model/errors.ts';
import type { DataNode } from '../model/plan.ts';
import { parseShow, type ShownNode } from '../model/rondb/show.ts';
import { unpack } from './unpack.ts';

/** What InspectCluster found: who hosts what, and what RonDB says of itself. */
export interface Inspection {
  readonly heads: readonly string[];
  /** Every data node is started and runs on exactly one instance. */
  readonly dataNodes: readonly DataNode[];
  readonly sqlVersion: string;
  readonly userTables: { readonly count: number; readonly names: readonly string[] };
  /** Backup ids whose restore was begun on a node and not finished, with the node. */
  readonly restoring: readonly { readonly backupId: string; readonly instanceId: string }[];
}

/** The part of both planners' inputs that names the execution and what was inspected. */
export const plannerInputSchema = z.strictObject({
  request: z.unknown(),
  execution: z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'expected an execution name of letters, digits, - and _'),
    startTime: z.iso.datetime({ offset: true }),
  }),
  inspection: nodeAnswersSchema('InspectCluster'),
});

/**
 * Reads the nodes' answers together.
 * Errors: `NoNodes` (no head answered with a cluster), `SqlServerUnreachable` (a head without mysqld), `DataNodeNotStarted`, `NodeUnaccounted`, `NodeOutputInvalid`.
 */
export function readInspection(nodes: NodeAnswers<'InspectCluster'>): Inspection {
  const idle = nodes.find(({ answer }) => answer.localNodeIds.length === 0 && answer.cluster === null);
  if (idle) throw new DrError('SqlServerUnreachable', `${idle.instanceId} hosts no RonDB data node and has no running mysqld.`);
  const heads = nodes.filter(isHead).sort((a, b) => a.instanceId.localeCompare(b.instanceId));
  const [first] = heads;
  if (!first) throw new DrError('NoNodes', 'No head node has a running mysqld.');
  const { show, sqlVersion, userTableCount, userTables } = first.answer.cluster;
  return {
    heads: heads.map(({ instanceId }) => instanceId),
    dataNodes: readShow(show).map((node) => locate(node, nodes)),
    sqlVersion,
    userTables: { count: userTableCount, names: unpack('The list of user tables', userTables).split('\n').filter(Boolean) },
    restoring: nodes.flatMap(({ instanceId, answer }) => answer.restoring.map((backupId) => ({ backupId, instanceId }))),
  };
}

function isHead(node: { instanceId: string; answer: Answer<'InspectCluster'> }): node is {
  instanceId: string;
  answer: Answer<'InspectCluster'> & { cluster: NonNullable<Answer<'InspectCluster'>['cluster']> };
} {
  return node.answer.cluster !== null;
}

/** The data nodes of a SHOW that a node sent. Errors: `NodeOutputInvalid`, `DataNodeNotStarted`. */
export function readShow(packed: string): ShownNode[] {
  const text = unpack('The output of SHOW', packed);
  let shown: ShownNode[];
  try {
    shown = parseShow(text);
  } catch (cause) {
    throw new DrError('NodeOutputInvalid', 'The output of SHOW cannot be read.', { cause });
  }
  const notStarted = shown.filter(({ state }) => state !== 'started');
  if (notStarted.length > 0) {
    throw new DrError(
      'DataNodeNotStarted',
      `${notStarted.map(({ nodeId, state }) => `RonDB data node ${nodeId} is "${state}"`).join('; ')}.`,
    );
  }
  return shown;
}

function locate({ nodeId, version, nodeGroup }: ShownNode, nodes: NodeAnswers<'InspectCluster'>): DataNode {
  const hosts = nodes.filter(({ answer }) => answer.localNodeIds.includes(nodeId)).map(({ instanceId }) => instanceId);
  const [instanceId] = hosts;
  if (!instanceId || hosts.length > 1) {
    const found = hosts.length === 0 ? 'on none of the instances that answered' : `on more than one instance: ${hosts.join(', ')}`;
    throw new DrError('NodeUnaccounted', `RonDB data node ${nodeId} was found ${found}.`);
  }
  // A started node always belongs to a node group; one without holds no data.
  if (nodeGroup === undefined) throw new DrError('DataNodeNotStarted', `RonDB data node ${nodeId} belongs to no node group.`);
  return { nodeId, nodeGroup, version, instanceId };
}
