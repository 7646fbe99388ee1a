import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { parseOr } from '../../model/parse.ts';
import type { ImpossibleRestore, RestorePlan } from '../../model/plan.ts';
import { type Receipt, storedName } from '../../model/receipt.ts';
import { restoreRequestSchema } from '../../model/request.ts';
import { plannerInputSchema } from '../inspection.ts';
import type { Planner } from '../plan-backup/plan-backup.ts';
import { draftPlan } from './draft-plan.ts';
import { findOut } from './findings.ts';
import { planInWords } from './plan-in-words.ts';

type RestorePlanner = Planner<'put' | 'read' | 'list' | 'listFolders'>;

/**
 * Decides what a restore will do, after finding every obstacle to it: the manifest, the size of every object it names, the
 * target's data nodes, emptiness and version. It may not read data: the nodes compare its SHA-256 before they touch the
 * database. Writes the plan, for programs and for people, and, when it is confirmed, one download list per backup node.
 * Errors: `RequestInvalid`, `UnknownCluster`, `NodeOutputInvalid`; when it is confirmed and cannot work, after its plan was
 * written, the name of the first obstacle with what there is to say of all.
 */
export async function planRestore(input: unknown, planner: RestorePlanner): Promise<RestorePlan | ImpossibleRestore> {
  const { request: rawRequest, execution, inspection } = parseOr('RequestInvalid', 'The input of PlanRestore', plannerInputSchema, input);
  const request = parseOr('RequestInvalid', 'The request', restoreRequestSchema, rawRequest);
  const { bucket, cluster } = planner;
  for (const named of [request.cluster, request.confirm ?? request.cluster]) {
    if (named !== cluster) throw new DrError('UnknownCluster', `This state machine restores "${cluster}", not "${named}".`);
  }
  const findings = await findOut(planner, request, inspection);
  const plan = draftPlan(planner, request, execution, findings);
  if (plan.confirmed && plan.possible) {
    for (const receipt of findings.manifest?.receipts ?? []) {
      await bucket.put(layout.downloadList(cluster, execution.name, receipt.nodeId), downloadList(cluster, receipt));
    }
  }
  await bucket.put(layout.restorePlanInWords(cluster, execution.name), planInWords(plan));
  await bucket.put(layout.restorePlan(cluster, execution.name), JSON.stringify(plan, undefined, 2));
  if (plan.confirmed) refuse(findings.obstacles);
  return plan;
}

/** Throws the only obstacle as it is; several under the name of the first, each with its own. */
function refuse(obstacles: readonly DrError[]): void {
  const [first, ...others] = obstacles;
  if (!first) return;
  if (others.length === 0) throw first;
  const sentences = obstacles.map(({ name, message }, index) => `(${index + 1}) ${name}: ${message}`);
  throw Object.assign(new AggregateError(obstacles, `${obstacles.length} obstacles. ${sentences.join(' ')}`), { name: first.name });
}

/** What a node downloads for one backup node: `sha256 bytes encoding key path` a line, all of it checked here. */
function downloadList(cluster: string, { backupId, nodeId, files }: Receipt): string {
  const prefix = layout.rondbNode(cluster, backupId, nodeId);
  return files.map((file) => `${file.sha256} ${file.bytes} ${file.encoding} ${prefix}/${storedName(file)} ${file.path}\n`).join('');
}
