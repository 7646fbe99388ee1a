import * as z from 'zod';
import { type Answer, type NodeAnswers, nodeAnswersSchema } from '../model/answers.ts';
import { DrError } from '../model/errors.ts';
import type { DataNode } from '../model/plan.ts';
import { type NodeMemory, parseMemory } from '../model/rondb/memory.ts';
import { type ApiSlot, parseApiSlots, parseShow, type ShownNode } from '../model/rondb/show.ts';
import { isVersion } from '../model/version.ts';
import { type Refuse, refuseAtOnce } from './obstacles.ts';
import { unpack } from './unpack.ts';

type InspectedCluster = NonNullable<Answer<'InspectCluster'>['cluster']>;

/** What InspectCluster found: who hosts what, and what RonDB says of itself. */
export interface Inspection {
  readonly heads: readonly Head[];
  /** Each is started and runs on exactly one instance; `host` is its address, as RonDB knows it. */
  readonly dataNodes: readonly LocatedNode[];
  readonly sqlVersion: string;
  readonly versions: InspectedCluster['versions'] | undefined;
  /** Of the data nodes that told theirs. */
  readonly memory: readonly NodeMemory[];
  /** Undefined when SHOW does not list them. */
  readonly apiSlots: readonly ApiSlot[] | undefined;
  /** `names`: of the first; `sha256`: of all of them. */
  readonly userTables: { readonly count: number; readonly names: readonly string[]; readonly sha256: string };
  /** Backup ids whose restore was begun on a node and not finished, with the node. */
  readonly restoring: readonly { readonly backupId: string; readonly instanceId: string }[];
  /** The least free bytes of the volumes of an instance's data nodes. */
  readonly freeBytes: ReadonlyMap<string, number>;
}

/** A node with a mysqld; `deletionDelaySeconds`: how long a NameNode there waits before it deletes blocks that it does not know. */
export type Head = { readonly instanceId: string } & Pick<InspectedCluster, 'tools' | 'deletionDelaySeconds'>;

type LocatedNode = DataNode & { readonly host: string };

/** An execution, as a state machine names it to its planner. */
export const executionSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'expected an execution name of letters, digits, - and _'),
  startTime: z.iso.datetime({ offset: true }),
});

/** The input of PlanBackup; PlanRestore's has more. */
export const plannerInputSchema = z.strictObject({
  request: z.unknown(),
  execution: executionSchema,
  inspection: nodeAnswersSchema('InspectCluster'),
  /** None unless the blocks of HopsFS lie on disks. */
  hopsfs: nodeAnswersSchema('InspectHopsfs').or(z.tuple([])),
});

/**
 * Reads the nodes' answers together. What is refused is left out of the result, so that a caller who only notes it learns
 * all of it; who does not say what becomes of it hears of the first.
 * Refuses as `SqlServerUnreachable` (a head without mysqld), `NoNodes` (no head answered with a cluster),
 * `DataNodeNotStarted`, `NodeUnaccounted`. Errors: `NodeOutputInvalid`.
 */
export function readInspection(nodes: NodeAnswers<'InspectCluster'>, refuse: Refuse = refuseAtOnce): Inspection {
  const idle = nodes.filter(({ answer }) => answer.localNodeIds.length === 0 && answer.cluster === null);
  if (idle.length > 0) {
    const sentences = idle.map(({ instanceId }) => `${instanceId} hosts no RonDB data node and has no running mysqld.`);
    refuse(new DrError('SqlServerUnreachable', sentences.join(' ')));
  }
  const heads = nodes.filter(isHead).sort((a, b) => a.instanceId.localeCompare(b.instanceId));
  if (!heads[0]) refuse(new DrError('NoNodes', 'No head node has a running mysqld.'));
  const cluster = heads[0]?.answer.cluster;
  return {
    heads: heads.map(
      ({
        instanceId,
        answer: {
          cluster: { tools, deletionDelaySeconds },
        },
      }) => ({ instanceId, tools, deletionDelaySeconds }),
    ),
    dataNodes: cluster ? locate(readShow(cluster.show, refuse), nodes, refuse) : [],
    sqlVersion: cluster?.sqlVersion ?? '',
    versions: cluster?.versions,
    memory: cluster ? parseMemory(unpack('The report of MEMORYUSAGE', cluster.memory)) : [],
    apiSlots: cluster && readApiSlots(cluster.show),
    userTables: {
      count: cluster?.userTableCount ?? 0,
      names: cluster ? unpack('The list of user tables', cluster.userTables).split('\n').filter(Boolean) : [],
      sha256: cluster?.userTablesSha256 ?? '',
    },
    restoring: nodes.flatMap(({ instanceId, answer }) => answer.restoring.map((backupId) => ({ backupId, instanceId }))),
    freeBytes: new Map(nodes.flatMap(({ instanceId, answer: { freeBytes } }) => (freeBytes === null ? [] : [[instanceId, freeBytes]]))),
  };
}

function isHead(node: { instanceId: string; answer: Answer<'InspectCluster'> }): node is {
  instanceId: string;
  answer: Answer<'InspectCluster'> & { cluster: InspectedCluster };
} {
  return node.answer.cluster !== null;
}

/** The started data nodes of a SHOW that a node sent. Refuses the others as `DataNodeNotStarted`. Errors: `NodeOutputInvalid`. */
export function readShow(packed: string, refuse: Refuse = refuseAtOnce): ShownNode[] {
  const text = unpack('The output of SHOW', packed);
  let shown: ShownNode[];
  try {
    shown = parseShow(text);
  } catch (cause) {
    throw new DrError('NodeOutputInvalid', 'The output of SHOW cannot be read.', { cause });
  }
  const isStarted = ({ state }: ShownNode) => state === 'started';
  const strange = shown.find((node) => isStarted(node) && !isVersion(node.version));
  if (strange)
    throw new DrError('NodeOutputInvalid', `SHOW names the version of RonDB data node ${strange.nodeId} as "${strange.version}".`);
  const others = shown.filter((node) => !isStarted(node));
  if (others.length > 0) {
    const states = others.map(({ nodeId, state }) => `RonDB data node ${nodeId} is "${state}"`);
    refuse(new DrError('DataNodeNotStarted', `${states.join('; ')}.`));
  }
  return shown.filter(isStarted);
}

function readApiSlots(show: string): ApiSlot[] | undefined {
  try {
    return parseApiSlots(unpack('The output of SHOW', show));
  } catch {
    // Whoever plans a restore says so.
    return undefined;
  }
}

/** The data nodes that run on exactly one instance and hold data. */
function locate(shown: readonly ShownNode[], nodes: NodeAnswers<'InspectCluster'>, refuse: Refuse): LocatedNode[] {
  const located: LocatedNode[] = [];
  const unaccounted: string[] = [];
  const idle: string[] = [];
  for (const { nodeId, host, version, nodeGroup } of shown) {
    const hosts = nodes.filter(({ answer }) => answer.localNodeIds.includes(nodeId)).map(({ instanceId }) => instanceId);
    const [instanceId] = hosts;
    if (!instanceId || hosts.length > 1) {
      const found = instanceId ? `on more than one instance: ${hosts.join(', ')}` : 'on none of the instances that answered';
      unaccounted.push(`RonDB data node ${nodeId} was found ${found}.`);
    } else if (nodeGroup === undefined) {
      // A started node always belongs to a node group; one without holds no data.
      idle.push(`RonDB data node ${nodeId} belongs to no node group.`);
    } else located.push({ nodeId, nodeGroup, version, instanceId, host });
  }
  if (unaccounted.length > 0) refuse(new DrError('NodeUnaccounted', unaccounted.join(' ')));
  if (idle.length > 0) refuse(new DrError('DataNodeNotStarted', idle.join(' ')));
  return located;
}
