import { describe, expect, it } from 'vitest';
import { type BackupFigures, simulateBackup } from '../../local/simulation/backup.ts';
import { simulateDataRestore } from '../../local/simulation/restore.ts';

const NODES = [2, 8, 48, 144];
const TEN_MINUTES = 537;

const shareOf = ({ seconds }: BackupFigures, idleSeconds: number) => idleSeconds / seconds;

describe.each([
  ['1 min', 60, NODES],
  ['1 h', 3600, NODES],
  ['24 h', 86_400, [2, 144]],
  ['48 h', 172_800, [2, 144]],
])('a native backup of %s', (_, nativeSeconds, counts) => {
  it('takes as many events, transitions and calls on 144 nodes as on 2, is seen to end within 5 s, and stays far below the limits', {
    timeout: 240_000,
  }, async () => {
    const figures: BackupFigures[] = [];

    for (const dataNodes of counts) figures.push(await simulateBackup(dataNodes, nativeSeconds));

    const [fewest] = figures as [BackupFigures];
    const flat = ({ status, events, stepEvents, transitions, invocations }: BackupFigures) =>
      ({ status, events, stepEvents, transitions, invocations }); // biome-ignore format: a list of names
    for (const each of figures) {
      expect(flat(each)).toEqual({ ...flat(fewest), status: 'SUCCEEDED' });
      expect(each.detectionSeconds).toBeLessThanOrEqual(5);
    }
    expect(fewest.events).toBeLessThanOrEqual(120);
    expect(Object.keys(fewest.stepEvents)).toHaveLength(9);
    // 48 hours: far below half of the 25,000 that Step Functions takes.
    expect(Math.max(...Object.values(fewest.stepEvents))).toBeLessThan(nativeSeconds < 172_800 ? 2600 : 5100);
    // Sending to a node and reading its answer costs requests; waiting for it does not.
    expect((figures.at(-1)?.requests ?? 0) - fewest.requests).toBeLessThan(7 * 144);
  });
});

describe('a backup of ten minutes', () => {
  it.each(NODES)('of %i data nodes spends at most 2 %% in states and between looks', async (dataNodes) => {
    const figures = await simulateBackup(dataNodes, TEN_MINUTES);

    const { statesAndPolling, requests } = figures.idleSeconds;
    expect(figures.seconds).toBeLessThan(605);
    expect(statesAndPolling).toBeGreaterThan(0);
    expect(shareOf(figures, statesAndPolling)).toBeLessThanOrEqual(0.02);
    // To send to 144 nodes, and to read what they have answered, takes requests in proportion; ten at a time.
    expect(shareOf(figures, statesAndPolling + requests)).toBeLessThanOrEqual(dataNodes <= 48 ? 0.022 : 0.036);
  });

  it('has at most 135 events at its top level when blocks are on disks too', async () => {
    const { status, events, stepEvents } = await simulateBackup(8, TEN_MINUTES, 'disks');

    expect(status).toBe('SUCCEEDED');
    expect(stepEvents).toHaveProperty('UploadBlocks');
    expect(events).toBeLessThanOrEqual(135);
  });
});

describe('the end of a step on 144 nodes', () => {
  // Together they meet every moment between two looks, were these up to 5 s apart.
  it.each([0, 0.6, 1.2, 1.8, 2.4, 3, 3.6, 4.2, 4.8])('is seen within 5 s when it comes %s s later', async (later) => {
    const { detectionSeconds } = await simulateBackup(144, 1800 + later);

    expect(detectionSeconds).toBeGreaterThan(0);
    expect(detectionSeconds).toBeLessThanOrEqual(5);
  });
});

describe('restoring the data of 144 nodes', () => {
  it('at once is at least 50 times as fast as one node after the other', async () => {
    const { atOnce, oneByOne } = await simulateDataRestore(144);

    expect(oneByOne / atOnce).toBeGreaterThanOrEqual(50);
  });
});
