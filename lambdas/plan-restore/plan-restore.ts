import * as z from 'zod';
import type { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import { parseOr } from '../../model/parse.ts';
import type { ImpossibleRestore, RestorePlan } from '../../model/plan.ts';
import { surveySchema } from '../../model/rewind.ts';
import { plannerInputSchema } from '../inspection.ts';
import { type Lists, pinned } from '../lists.ts';
import { objectLines } from '../objects.ts';
import { readRestoreRequest } from '../restore-request.ts';
import { decide } from './decide.ts';
import { draftPlan } from './draft-plan.ts';
import { findOut } from './findings.ts';
import { planInWords } from './plan-in-words.ts';
import type { RestorePlanner } from './planner.ts';

const inputSchema = z.strictObject({ ...plannerInputSchema.shape, survey: surveySchema });

/**
 * Decides what a restore will do, after finding every obstacle to it: in the backup and its objects, in the target's RonDB, in its
 * memory, API slots and disks, in HopsFS and its blocks, in the tools that the other services need. It may not read data: the nodes
 * compare its checksum before they touch the database. Writes the plan, for programs and for people, and, when it is confirmed, one
 * download list per backup node.
 * Errors: `RequestInvalid`, `UnknownCluster`, `NodeOutputInvalid`; when it is confirmed and cannot work, after its plan was
 * written, the name of the first obstacle with what there is to say of all.
 */
export async function planRestore(input: unknown, planner: RestorePlanner): Promise<RestorePlan | ImpossibleRestore> {
  const { request: raw, execution, ...looked } = parseOr('RequestInvalid', 'The input of PlanRestore', inputSchema, input);
  const { bucket, cluster } = planner;
  const request = readRestoreRequest(raw, cluster);
  const noted = { obstacles: [] as DrError[], warnings: [] as string[] };
  const notes = {
    refuse: (obstacle: DrError) => void noted.obstacles.push(obstacle),
    warn: (sentence: string) => void noted.warnings.push(sentence),
  };
  const findings = await findOut(planner, request, looked, notes);
  const lists = findings.manifest && listsOf(findings.manifest, layout.restore(cluster, execution.name));
  const plan = draftPlan(planner, request, execution, findings, decide(planner, request, findings, notes), noted, lists);
  if (plan.confirmed && plan.possible) {
    for (const [key, list] of lists?.objects ?? []) await bucket.put(key, list);
  }
  await bucket.put(layout.restorePlanInWords(cluster, execution.name), planInWords(plan, request));
  await bucket.put(layout.restorePlan(cluster, execution.name), JSON.stringify(plan, undefined, 2));
  if (plan.confirmed) refuse(noted.obstacles);
  return plan;
}

/** What each node downloads, by node of the backup, and what it must find in the storages of HopsFS. */
function listsOf({ plan: { cluster, backupId }, receipts, storages }: Manifest, prefix: string): Lists {
  return pinned(
    prefix,
    new Map(
      receipts.map(({ nodeId, files }) => [layout.nodeList(nodeId), objectLines(layout.rondbNode(cluster, backupId, nodeId), files)]),
    ),
    new Map(
      storages.flatMap(({ storageId, list, files }) => [
        [`hopsfs/${storageId}/blocks.list`, list.sha256],
        [`hopsfs/${storageId}/files.tar`, files.sha256],
      ]),
    ),
  );
}

/** Throws the only obstacle as it is; several under the name of the first, each with its own. */
function refuse(obstacles: readonly DrError[]): void {
  const [first, ...others] = obstacles;
  if (!first) return;
  if (others.length === 0) throw first;
  const sentences = obstacles.map(({ name, message }, index) => `(${index + 1}) ${name}: ${message}`);
  throw Object.assign(new AggregateError(obstacles, `${obstacles.length} obstacles. ${sentences.join(' ')}`), { name: first.name });
}
