import * as z from 'zod';
import { layout } from '../../model/layout.ts';
import { type Depth, depthSchema } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';

const depths = depthSchema.options;

/**
 * When the newest verification that proved each depth was begun: one of that depth, or of a deeper one, that found nothing wrong. Depths
 * that nobody has proved are absent.
 */
export async function lastVerifications(bucket: Pick<Bucket, 'read'>, cluster: string): Promise<(readonly [Depth, Date])[]> {
  const begun = await Promise.all(depths.map((depth) => startOf(bucket, cluster, depth)));
  return depths.flatMap((depth, index) => {
    const times = begun.slice(index).flatMap((time) => time ?? []);
    return times.length > 0 ? [[depth, new Date(Math.max(...times))] as const] : [];
  });
}

/** Of the report, as ReportVerification writes it, what matters here. One that cannot be read is said, and counts as none. */
async function startOf({ read }: Pick<Bucket, 'read'>, cluster: string, depth: Depth): Promise<number | undefined> {
  const key = layout.lastVerification(cluster, depth);
  const text = await read(key);
  if (text === undefined) return undefined;
  const reportSchema = z.object({
    cluster: z.literal(cluster),
    depth: z.literal(depth),
    verdict: z.literal('intact'),
    startedAt: z.iso.datetime(),
  });
  try {
    return Date.parse(reportSchema.parse(JSON.parse(text)).startedAt);
  } catch (error) {
    console.error(`${key} is not the report of a verification: ${(error as Error).message}`);
    return undefined;
  }
}
