import type { PracticeCluster } from './cluster.ts';

export async function createStandInCluster(_options: { directory: string; dataNodes: number }): Promise<PracticeCluster> {
  throw new Error('being written');
}
