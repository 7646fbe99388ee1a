import type { Fingerprint } from '../../local/cluster/fingerprint.ts';
import { type Drill, drillCluster, openDrill } from '../../local/drill/drill.ts';
import { createTimeline } from '../../local/drill/timeline.ts';
import { judge, type Verdict } from '../../local/drill/verdict.ts';
import type { Pipeline } from '../../local/pipeline.ts';
import { synthesizeOnce } from './assemblies.ts';

/** A drill whose cluster holds data and whose pipeline runs, told step by step by a test. */
export interface Story {
  readonly drill: Drill;
  readonly pipeline: Pipeline;
  /** What the cluster held when the story began. */
  readonly before: Fingerprint;
  /** Runs a machine; resolves with its output, or rejects with its failure. */
  backup(request?: object): Promise<{ backupId: string }>;
  restore(request?: object): Promise<unknown>;
  /** Compares what is there now with what was there when the story began. */
  verdict(): Promise<Verdict>;
}

/** Of RonDB alone, with a stack synthesized once for all, unless the options say otherwise. */
export async function beginStory(options: Parameters<typeof openDrill>[0]): Promise<Story> {
  const drill = await openDrill({ synthesize: synthesizeOnce, ...options });
  try {
    const pipeline = await drill.prepare(createTimeline(() => {}));
    const before = await drill.cluster.fingerprint();
    return {
      drill,
      pipeline,
      before,
      backup: async (request = {}) =>
        (await pipeline.finish(await pipeline.start('backup', { cluster: drillCluster, ...request }))) as { backupId: string },
      restore: async (request = {}) => await pipeline.finish(await pipeline.start('restore', { cluster: drillCluster, ...request })),
      verdict: async () => judge(before, await drill.cluster.fingerprint()),
    };
  } catch (error) {
    await drill.close();
    throw error;
  }
}
