import * as z from 'zod';
import { layout } from '../../model/layout.ts';
import type { Bucket } from '../aws/s3.ts';
import { concurrently } from '../concurrently.ts';

/** What is needed of a report, whatever version wrote it. */
const reportSchema = z.object({
  scope: z.string(),
  reportedAt: z.iso.datetime(),
  steps: z.array(z.object({ name: z.string(), seconds: z.number().nonnegative() })),
});

const CONCURRENCY = 8;

/** How many seconds each step took in the newest restore of the same scope; empty when none has a report that can be read. */
export async function lastSeconds(
  { read, listFolders }: Pick<Bucket, 'read' | 'listFolders'>,
  cluster: string,
  scope: 'cluster' | 'part',
): Promise<ReadonlyMap<string, number>> {
  const executions = await listFolders(layout.restores(cluster));
  const reports = await concurrently(CONCURRENCY, executions, async (execution) => {
    const text = await read(layout.report(cluster, execution));
    const { data } = reportSchema.safeParse(text === undefined ? undefined : parsed(text));
    return data?.scope === scope ? [data] : [];
  });
  const [newest] = reports.flat().sort((a, b) => b.reportedAt.localeCompare(a.reportedAt));
  return new Map(newest?.steps.map(({ name, seconds }) => [name, seconds]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // As good as none: a report that is damaged must not stop a restore.
    return undefined;
  }
}
