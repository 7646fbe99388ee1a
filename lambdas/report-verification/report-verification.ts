import * as z from 'zod';
import { nodeAnswersSchema } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { parseOr } from '../../model/parse.ts';
import { checkedObjectsSchema, type Damage, NAMED_DAMAGES, parseDamages, type VerificationReport } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';
import { readManifest } from '../catalogue.ts';
import { executionSchema } from '../inspection.ts';
import { nameSome } from '../obstacles.ts';
import { compareRows } from './compare-rows.ts';
import { requireEverything } from './coverage.ts';

/** None when the depth, or the backup, does not need these nodes. */
const nodesSchema = <A extends 'VerifyRondbBackup' | 'VerifyBlocks'>(action: A) => nodeAnswersSchema(action).or(z.tuple([]));

const inputSchema = z.strictObject({
  execution: executionSchema,
  checked: checkedObjectsSchema,
  rondb: nodesSchema('VerifyRondbBackup'),
  blocks: nodesSchema('VerifyBlocks'),
});
export type Verified = z.infer<typeof inputSchema>;

interface Reporter {
  readonly cluster: string;
  readonly bucketName: string;
  readonly bucket: Pick<Bucket, 'put' | 'read'>;
  readonly now: () => Date;
}

/** What the execution of a verification ends with; `report`: its key in the bucket. */
export interface VerificationOutput extends Pick<VerificationReport, 'backupId' | 'depth' | 'verdict' | 'objects' | 'bytes'> {
  readonly report: string;
}

/**
 * Puts together what a verification found, writes its report and, when nothing is wrong, that this is the last one of its depth.
 * Errors: after the report was written, the name of the first damage, naming the first ones and how many there are; `BackupRemoved`,
 * `ManifestUnsupported`, `RequestInvalid`, `ObjectMissing` (a list that a node has written), `NodeOutputInvalid`.
 */
export async function reportVerification(input: unknown, { cluster, bucketName, bucket, now }: Reporter): Promise<VerificationOutput> {
  const verified = parseOr('RequestInvalid', 'The input of ReportVerification', inputSchema, input);
  const { execution, checked, rondb, blocks } = verified;
  const { backupId, depth, objects, bytes } = checked;
  const parts = [
    { name: 'objects', damaged: checked.damaged },
    ...rondb.map(({ instanceId, answer: { damaged } }) => ({ name: `${instanceId}.rondb`, damaged })),
    ...blocks.map(({ instanceId, answer: { damaged } }) => ({ name: `${instanceId}.blocks`, damaged })),
  ];
  const lists = await Promise.all(parts.map(({ name }) => mustRead(bucket, layout.damageList(cluster, execution.name, name))));
  // Whoever removes a backup removes its manifest first: what is missing was not lost.
  const manifest = await readManifest(bucket, cluster, backupId);
  if (!manifest) throw new DrError('BackupRemoved', `Backup ${backupId} of "${cluster}" has no manifest any more.`);
  requireEverything(manifest, verified);
  const rows = depth === 'database' ? await compareRows(manifest, verified, cluster, (key) => mustRead(bucket, key)) : null;

  // What is not there was missed by whoever came by.
  const listed = [...lists.flatMap(parseDamages), ...(rows?.damage ?? [])];
  const byObject = new Map<string, Damage>();
  for (const each of listed) if (!byObject.has(each.object)) byObject.set(each.object, each);
  const damage = [...byObject.values()];
  const damaged = parts.reduce((sum, part) => sum + part.damaged, 0) + (rows?.damage.length ?? 0) - (listed.length - damage.length);
  const report: VerificationReport = {
    formatVersion: 1,
    kind: 'verification',
    cluster,
    backupId,
    executionId: execution.name,
    depth,
    startedAt: new Date(execution.startTime).toISOString(),
    endedAt: now().toISOString(),
    verdict: damaged > 0 ? 'damaged' : 'intact',
    objects,
    bytes,
    readBytes: sum(rondb.flatMap(({ answer }) => answer.nodes.map((node) => node.bytes))),
    blocks: sum(blocks.flatMap(({ answer }) => answer.storages.map((storage) => storage.objects))),
    blockBytes: sum(blocks.flatMap(({ answer }) => answer.storages.map((storage) => storage.bytes))),
    rows: rows && { tables: rows.tables, recorded: rows.recorded, found: rows.found },
    damaged,
    damage: damage.slice(0, NAMED_DAMAGES),
  };
  const key = layout.verificationReport(cluster, execution.name);
  await bucket.put(key, JSON.stringify(report, undefined, 2));
  const [first] = damage;
  if (first) {
    const named = nameSome(
      damage.map(({ error, object, found }) => `${error === first.error ? '' : `${error}: `}${object} ${found}`),
      damaged,
    );
    throw new DrError(first.error, `Backup ${backupId} is damaged: ${named}. The report is s3://${bucketName}/${key}.`);
  }
  await bucket.put(layout.lastVerification(cluster, depth), JSON.stringify(report, undefined, 2));
  return { backupId, depth, verdict: report.verdict, objects, bytes, report: key };
}

async function mustRead({ read }: Reporter['bucket'], key: string): Promise<string> {
  const list = await read(key);
  if (list === undefined) throw new DrError('ObjectMissing', `Not in the bucket: ${key}.`);
  return list;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
