import * as z from 'zod';
import { layout } from '../../model/layout.ts';
import type { Bucket } from '../aws/s3.ts';

/** What is needed of a report, whatever version wrote it. */
const reportSchema = z.object({
  scope: z.string(),
  steps: z.array(z.object({ name: z.string(), seconds: z.number().nonnegative() })),
});

/** So many of the newest reports are looked at: most restores are of the same scope, and what is older says little. */
const RECENT = 10;

/** How many seconds each step took in the newest restore of the same scope; empty when no recent one has a report that can be read. */
export async function lastSeconds(
  { read, list }: Pick<Bucket, 'read' | 'list'>,
  cluster: string,
  scope: 'cluster' | 'part',
): Promise<ReadonlyMap<string, number>> {
  const reports = (await list(layout.restores(cluster)))
    .filter(({ key }) => key === layout.report(cluster, key.split('/').at(-2) ?? ''))
    .sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
  for (const { key } of reports.slice(0, RECENT)) {
    const { data } = reportSchema.safeParse(parsed((await read(key)) ?? ''));
    if (data?.scope === scope) return new Map(data.steps.map(({ name, seconds }) => [name, seconds]));
  }
  return new Map();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // As good as none: a report that is damaged must not stop a restore.
    return undefined;
  }
}
