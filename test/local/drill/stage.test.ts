import { describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../../local/cluster/fingerprint.ts';
import type { Drill } from '../../../local/drill/drill.ts';
import { openStage } from '../../../local/drill/stage.ts';
import { createTimeline } from '../../../local/drill/timeline.ts';

const loaded = { 'table a.b rows': '1', 'unit epipe on head-1': 'active' };

/** A stage whose restore ends with this error, if any, and has left this; its inputs. */
async function given({ error, left = loaded }: { error?: string; left?: Fingerprint['entries'] } = {}) {
  const started: unknown[] = [];
  const redriven: string[] = [];
  let entries: Fingerprint['entries'] = loaded;
  const pipeline = {
    engine: { onEvent: () => () => {}, redriveExecution: (arn: string) => redriven.push(arn) },
    start: async (machine: string, input: unknown) => {
      started.push([machine, input]);
      return 'arn';
    },
    finish: async () => {
      entries = left;
      if (error && redriven.length === 0) throw Object.assign(new Error('it broke'), { name: error });
      return { backupId: '263261030' };
    },
  };
  const drill = { pipeline, prepare: async () => pipeline, fingerprint: async () => ({ entries }) };
  const stage = await openStage(
    drill as unknown as Drill,
    createTimeline(() => {}),
  );
  return { stage, started, redriven };
}

describe('the stage of a scenario', () => {
  it('asks for a confirmed restore of the newest backup, unless it is told another', async () => {
    const { stage, started } = await given();

    await stage.restore();
    await stage.restore({ before: '2026-11-22T10:30:00Z' });
    await stage.plan();

    const cluster = 'drill';
    expect(started.map((start) => (start as [string, object])[1])).toEqual([
      { cluster, backup: 'latest', confirm: cluster },
      { cluster, confirm: cluster, before: '2026-11-22T10:30:00Z' },
      { cluster, backup: 'latest' },
    ]);
  });

  it('accepts a refusal that was declared, and redrives it', async () => {
    const { stage, redriven } = await given({ error: 'ServiceNotStopped' });

    const redrive = await stage.refuses('ServiceNotStopped');
    await redrive();

    expect(redriven).toEqual(['arn']);
  });

  it.each([
    ['succeeded', {}, 'was to end with ServiceNotStopped, and succeeded'],
    ['ended with another error', { error: 'TargetNotEmpty' }, 'and ended with TargetNotEmpty: it broke'],
  ])('fails when a restore that must be refused %s', async (_, how, message) => {
    const { stage } = await given(how);

    await expect(stage.refuses('ServiceNotStopped')).rejects.toThrow(message);
  });

  it.each([
    ['lost a table', { 'unit epipe on head-1': 'active' }, 'all but services'],
    ['brought a table', { ...loaded, 'table a.c rows': '2' }, 'all but services'],
    ['stopped a service', { ...loaded, 'unit epipe on head-1': 'inactive' }, 'everything'],
  ] as const)('fails when a refused restore %s', async (_, left, keeps) => {
    const { stage } = await given({ error: 'ServiceNotStopped', left });

    await expect(stage.refuses('ServiceNotStopped', keeps)).rejects.toThrow('the refused restore changed something');
  });

  it('lets a refused restore stop services where that is declared', async () => {
    const { stage } = await given({ error: 'ServiceNotStopped', left: { ...loaded, 'unit epipe on head-1': 'inactive' } });

    await expect(stage.refuses('ServiceNotStopped', 'all but services')).resolves.toBeTypeOf('function');
  });

  it('fails when what came back differs, and when there was nothing to compare', async () => {
    const { stage } = await given();

    await expect(stage.expectSame()).resolves.toBeUndefined();
    await expect(stage.expectSame({ entries: { 'table a.b rows': '2' } })).rejects.toThrow('is not what was backed up');
    await expect(stage.expectSame({ entries: {} })).rejects.toThrow('nothing to compare');
  });
});
