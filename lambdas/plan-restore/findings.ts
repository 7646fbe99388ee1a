import type { NodeAnswers } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Receipt } from '../../model/receipt.ts';
import type { RestoreRequest } from '../../model/request.ts';
import { isOlder } from '../../model/version.ts';
import { type Inspection, readInspection } from '../inspection.ts';
import { checkSizes, objectsOf } from '../objects.ts';
import { nameSome, type Refuse } from '../obstacles.ts';
import type { Planner } from '../plan-backup/plan-backup.ts';
import { assign } from './assign.ts';
import { findRecoveryPoint } from './recovery-point.ts';

/** All that was found out for a plan. */
export interface Findings {
  /** Of the backup to restore, as far as one can be read. */
  readonly manifest: Manifest | undefined;
  readonly target: Inspection;
  /** The instance on which a restore of this backup was begun and cut off. */
  readonly begun: string | undefined;
  /** Which instance restores which backup nodes; empty until there is a backup and every data node is accounted for. */
  readonly assignments: ReadonlyMap<string, readonly Receipt[]>;
  /** The one of these instances that restores the schema: it is in every part of every node, so where rows will be anyway. */
  readonly schemaInstance: string | undefined;
  readonly obstacles: readonly DrError[];
  readonly warnings: readonly string[];
}

/** Looks at the backup and at the target, and notes every obstacle that it finds. Errors: `NodeOutputInvalid`. */
export async function findOut(
  { bucket, cluster }: Pick<Planner<'read' | 'list' | 'listFolders'>, 'bucket' | 'cluster'>,
  request: RestoreRequest,
  nodes: NodeAnswers<'InspectCluster'>,
): Promise<Findings> {
  const obstacles: DrError[] = [];
  const warnings: string[] = [];
  const refuse: Refuse = (obstacle) => void obstacles.push(obstacle);
  const manifest = await findRecoveryPoint({ bucket, cluster }, request, refuse, (sentence) => void warnings.push(sentence));
  const before = obstacles.length;
  const target = readInspection(nodes, refuse);
  const isAccountedFor = obstacles.length === before;
  if (!manifest) return { manifest, target, begun: undefined, assignments: new Map(), schemaInstance: undefined, obstacles, warnings };

  const { backupId, dataNodes } = manifest.plan;
  const begun = target.restoring.find((restore) => restore.backupId === backupId)?.instanceId;
  if (!begun) checkEmptiness(target, refuse);
  checkVersions(target, dataNodes, refuse);
  const listed = await bucket.list(`${layout.backup(cluster, backupId)}/`);
  checkSizes(objectsOf(cluster, backupId, manifest.receipts, manifest.metadata), listed, refuse);
  const assignments = isAccountedFor ? assign(manifest.receipts, target.dataNodes) : new Map<string, Receipt[]>();
  const schemaInstance = [...assignments.keys()].find((instanceId) => !begun || instanceId === begun);
  if (isAccountedFor && !schemaInstance) {
    refuse(new DrError('TargetNotEmpty', `A restore of backup ${backupId} was begun on ${begun}, which would restore nothing now.`));
  }
  return { manifest, target, begun, assignments, schemaInstance, obstacles, warnings };
}

function checkEmptiness({ userTables: { count, names } }: Inspection, refuse: Refuse): void {
  if (count > 0) refuse(new DrError('TargetNotEmpty', `RonDB holds ${count} user tables: ${nameSome(names, count)}.`));
}

/** RonDB restores a backup of its own or an older version only. */
function checkVersions({ dataNodes }: Inspection, ofBackup: Manifest['plan']['dataNodes'], refuse: Refuse): void {
  const newest = ofBackup.reduce((a, b) => (isOlder(a.version, b.version) ? b : a)).version;
  const older = dataNodes.filter(({ version }) => isOlder(version, newest));
  if (older.length === 0) return;
  const sentences = older.map(({ nodeId, version }) => `RonDB data node ${nodeId} runs ${version}`);
  refuse(new DrError('VersionTooOld', `${sentences.join(', ')}; the backup was taken with ${newest}.`));
}
