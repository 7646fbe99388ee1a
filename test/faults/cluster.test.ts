import { afterAll, beforeAll } from 'vitest';
import { rondbHome } from '../rondb-home.ts';
import { onClusters } from './matrix.ts';
import { playAll } from './play.ts';
import { clusterStage } from './stages/cluster.ts';

beforeAll(async () => {
  if (rondbHome) await clusterStage.open();
}, 180_000);
afterAll(() => clusterStage.close(), 60_000);

for (const [family, rows] of Object.entries(onClusters)) playAll(family, rows);
