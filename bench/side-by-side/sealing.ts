import type { Counts } from '../sink/counts.ts';
import { backupFiles, GIBIBYTE, growFiles } from './directories.ts';
import { createNode } from './imitated-node.ts';
import type { Sealing } from './seal.ts';
import type { Route } from './shipping.ts';
import type { Workplace } from './workplace.ts';

/** One backup that was shipped while it was written. */
export interface Sealed {
  readonly gibibytes: number;
  /** From RonDB's "completed" to the manifest. */
  readonly seconds: number;
  /** Of these, until the step that follows has ended, and that of the step that uploads the rest. */
  readonly followSeconds: number;
  readonly uploadSeconds: number;
  /** Of both steps, for the whole backup. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** Shipped after "completed". */
  readonly lateBytes: number;
  readonly counts: Counts;
}

/** Writes a backup at a rate, ships it meanwhile as the scripts of a data node do, and seals it. */
export async function shipWhileWritten(
  workplace: Workplace,
  sealing: Sealing,
  { endpoint, within = (command) => command }: Route,
  { gibibytes, bytesPerSecond }: { gibibytes: number; bytesPerSecond: number },
): Promise<Sealed> {
  await workplace.sink.clear();
  const node = createNode(workplace, endpoint, within);
  try {
    await sealing.prepare();
    const following = node.run('FollowRondbBackup');
    let failed = false;
    following.catch(() => {
      failed = true;
    });
    await growFiles(node.backup, backupFiles(gibibytes * GIBIBYTE), bytesPerSecond, () => failed);
    node.complete();
    const completed = performance.now();
    const followed = await following;
    const followedAt = performance.now();
    const uploaded = await node.run('UploadRondbBackup');
    await sealing.seal(uploaded.answer);
    const ended = performance.now();
    return {
      gibibytes,
      seconds: (ended - completed) / 1000,
      followSeconds: (followedAt - completed) / 1000,
      uploadSeconds: uploaded.seconds,
      cpuSeconds: followed.cpuSeconds + uploaded.cpuSeconds,
      peakBytes: Math.max(followed.peakBytes, uploaded.peakBytes),
      lateBytes: uploaded.answer.nodes.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
      counts: await workplace.sink.counts(),
    };
  } finally {
    node.remove();
  }
}
