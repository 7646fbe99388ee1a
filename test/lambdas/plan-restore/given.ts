import type { NodeAnswers } from '../../../model/answers.ts';
import { layout } from '../../../model/layout.ts';
import { BACKUP_ID, CLUSTER, dataNode, manifest, objectsOfBackup, receipt, STEP_SECONDS } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspection } from '../../fixtures/inspection.ts';

export const confirmed = { backup: BACKUP_ID, confirm: CLUSTER };
export const PLAN = layout.restorePlan(CLUSTER, 'execution-1');
export const WORDS = layout.restorePlanInWords(CLUSTER, 'execution-1');
export const stored = (of = manifest()) => ({ ...objectsOfBackup(of), [layout.manifest(CLUSTER, of.plan.backupId)]: JSON.stringify(of) });
export const plannerFor = (bucket = memoryBucket(stored())) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: STEP_SECONDS,
  bucket,
});
export const written = (bucket: ReturnType<typeof memoryBucket>) => [...bucket.objects.keys()].filter((key) => key.includes('/restores/'));

export const bytesIn = (...nodeIds: number[]) =>
  nodeIds.flatMap((nodeId) => receipt(nodeId).files).reduce((sum, { bytes }) => sum + bytes, 0);

/** What the nodes answer when a restore of the backup was begun on an instance and cut off. */
export function begunOn(instanceId: string, backupId: string, nodes = [dataNode(1), dataNode(2)]): NodeAnswers<'InspectCluster'> {
  return inspection(nodes, ['shop.orders']).map((node) =>
    node.instanceId === instanceId ? { ...node, answer: { ...node.answer, restoring: [backupId] } } : node,
  );
}
