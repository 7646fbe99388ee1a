import type { NodeAnswers } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Receipt } from '../../model/receipt.ts';
import type { RestoreRequest } from '../../model/request.ts';
import type { Survey } from '../../model/rewind.ts';
import { type Inspection, readInspection } from '../inspection.ts';
import { checkSizes, objectsOf } from '../objects.ts';
import { assign } from './assign.ts';
import { lastSeconds } from './earlier-run.ts';
import type { Notes } from './notes.ts';
import type { RestorePlanner } from './planner.ts';
import { findRecoveryPoint } from './recovery-point.ts';
import { checkSelection } from './selection.ts';
import type { Datanodes } from './storages.ts';
import { compareVersions } from './versions.ts';

/** What was looked at before the plan. */
export interface Looked {
  readonly inspection: NodeAnswers<'InspectCluster'>;
  readonly hopsfs: Datanodes;
  readonly survey: Survey;
}

/** All that was found out for a plan. */
export interface Findings {
  /** Of the backup to restore, as far as one can be read. */
  readonly manifest: Manifest | undefined;
  readonly target: Inspection;
  readonly datanodes: Datanodes;
  readonly survey: Survey;
  /** The instance on which a restore of this backup was begun and cut off. */
  readonly begun: string | undefined;
  /** Which instance restores which backup nodes; empty until there is a backup and every data node is accounted for. */
  readonly assignments: ReadonlyMap<string, readonly Receipt[]>;
  /** The one of these instances that restores the schema: it is in every part of every node, so where rows will be anyway. */
  readonly schemaInstance: string | undefined;
  /** How long each step took in an earlier restore. */
  readonly lastSeconds: ReadonlyMap<string, number>;
}

/** Looks at the backup and at the target, and notes every obstacle that it finds in RonDB and the bucket. Errors: `NodeOutputInvalid`. */
export async function findOut(
  { bucket, cluster }: Pick<RestorePlanner<'read' | 'list' | 'listFolders'>, 'bucket' | 'cluster'>,
  request: RestoreRequest,
  { inspection, hopsfs, survey }: Looked,
  notes: Notes,
): Promise<Findings> {
  const manifest = await findRecoveryPoint({ bucket, cluster }, request, notes.refuse, notes.warn);
  let isAccountedFor = true;
  const target = readInspection(inspection, (obstacle) => {
    isAccountedFor = false;
    notes.refuse(obstacle);
  });
  const looked = { manifest, target, datanodes: hopsfs, survey };
  if (!manifest) return { ...looked, begun: undefined, assignments: new Map(), schemaInstance: undefined, lastSeconds: new Map() };

  const { backupId } = manifest.plan;
  const begun = target.restoring.find((restore) => restore.backupId === backupId)?.instanceId;
  checkSelection(manifest, request, target, begun !== undefined, notes);
  compareVersions(manifest, target, notes);
  checkSizes(objectsOf(manifest), await bucket.list(`${layout.backup(cluster, backupId)}/`), notes.refuse);
  const assignments = isAccountedFor ? assign(manifest.receipts, target.dataNodes) : new Map<string, Receipt[]>();
  const schemaInstance = [...assignments.keys()].find((instanceId) => !begun || instanceId === begun);
  if (isAccountedFor && !schemaInstance) {
    notes.refuse(new DrError('TargetNotEmpty', `A restore of backup ${backupId} was begun on ${begun}, which would restore nothing now.`));
  }
  const earlier = await lastSeconds(bucket, cluster, request.include ? 'part' : 'cluster');
  return { ...looked, begun, assignments, schemaInstance, lastSeconds: earlier };
}
