import type { RestorePlanner } from '../../../lambdas/plan-restore/planner.ts';
import type { NodeAnswers } from '../../../model/answers.ts';
import { hopsfsSchema } from '../../../model/hopsfs.ts';
import { layout } from '../../../model/layout.ts';
import type { Manifest } from '../../../model/manifest.ts';
import { openSearchSchema } from '../../../model/open-search.ts';
import type { S3Survey, Survey } from '../../../model/rewind.ts';
import { servicesSchema } from '../../../model/units.ts';
import {
  BACKUP_ID,
  backupPlan,
  CLUSTER,
  dataNode,
  manifest,
  objectsOfBackup,
  onDisks,
  receipt,
  STEP_SECONDS,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspection, plannerInput } from '../../fixtures/inspection.ts';

const nothingSurveyed: Survey = { done: true, kind: 'none' };

export const confirmed = { backup: BACKUP_ID, confirm: CLUSTER };
export const PLAN = layout.restorePlan(CLUSTER, 'execution-1');
export const WORDS = layout.restorePlanInWords(CLUSTER, 'execution-1');
export const stored = (of = manifest()) => ({ ...objectsOfBackup(of), [layout.manifest(CLUSTER, of.plan.backupId)]: JSON.stringify(of) });
/** A cluster of which only RonDB is protected, unless settings say more. */
export const plannerFor = (bucket = memoryBucket(stored()), settings: Partial<RestorePlanner> = {}) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: STEP_SECONDS,
  hopsfs: null,
  services: { stop: [], start: [] },
  openSearch: null,
  kafka: false,
  bucket,
  ...settings,
});

export const disks = hopsfsSchema.parse({ storage: 'disks' });
export const s3 = hopsfsSchema.parse({ storage: 's3', bucket: 'example-hopsfs-blocks' });
/** All of Hopsworks, as a cluster file with little in it describes it. */
export const everything = { hopsfs: disks, services: servicesSchema.parse({}), openSearch: openSearchSchema.parse({}), kafka: true };

/** The input of PlanRestore. */
export const restoreInput = (
  request: object = confirmed,
  nodes?: NodeAnswers<'InspectCluster'>,
  { hopsfs, survey = nothingSurveyed }: { hopsfs?: NodeAnswers<'InspectHopsfs'>; survey?: Survey } = {},
) => ({ ...plannerInput(request, nodes, 'execution-1', hopsfs), survey });

/** A backup with the blocks of two datanodes, one storage each. */
export const backupOnDisks = (storages = onDisks().storages) => manifest({ plan: backupPlan(onDisks(storages)) });

/** A backup that records these tables, with ten rows each. */
export function withTables(...tables: string[]): Manifest {
  const rows = tables.map((table) => ({ table, rows: 10 }));
  return manifest({ receipts: [receipt(1, { tables: rows }), receipt(2)] });
}

/** What SurveyBlocks found: 5,000 objects there and 40 that come back. */
export function s3Survey(overrides: Partial<S3Survey> = {}): S3Survey {
  return {
    done: true,
    kind: 's3',
    backupId: BACKUP_ID,
    window: { from: '2026-11-22T10:29:58.000Z', to: '2026-11-22T10:45:02.000Z' },
    after: null,
    pages: 3,
    present: 5000,
    returnable: { objects: 40, bytes: 4_000 },
    overwritten: 0,
    lost: 0,
    blocks: 5040,
    ...overrides,
  };
}

/** Where a part of the plan leaves what it notes. */
export function notebook() {
  const refused: { name: string; message: string }[] = [];
  const warned: string[] = [];
  return {
    refused,
    warned,
    notes: {
      refuse: ({ name, message }: Error) => void refused.push({ name, message }),
      warn: (sentence: string) => void warned.push(sentence),
    },
  };
}
export const written = (bucket: ReturnType<typeof memoryBucket>) => [...bucket.objects.keys()].filter((key) => key.includes('/restores/'));

export const bytesIn = (...nodeIds: number[]) =>
  nodeIds.flatMap((nodeId) => receipt(nodeId).files).reduce((sum, { bytes }) => sum + bytes, 0);

/** What the nodes answer when a restore of the backup was begun on an instance and cut off. */
export function begunOn(instanceId: string, backupId: string, nodes = [dataNode(1), dataNode(2)]): NodeAnswers<'InspectCluster'> {
  return inspection(nodes, ['shop.orders']).map((node) =>
    node.instanceId === instanceId ? { ...node, answer: { ...node.answer, restoring: [backupId] } } : node,
  );
}
