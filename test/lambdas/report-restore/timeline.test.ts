import { describe, expect, it } from 'vitest';
import { timeline } from '../../../lambdas/report-restore/timeline.ts';
import type { ReportedStep } from '../../../model/report.ts';

function step(name: string, ...spans: readonly [number, number, boolean?][]): ReportedStep {
  return {
    name,
    startedAt: '2026-11-24T13:30:00.000Z',
    endedAt: '2026-11-24T13:30:00.000Z',
    seconds: spans.reduce((sum, [from, to]) => sum + to - from, 0),
    attempts: spans.length,
    failures: [],
    spans: spans.map(([from, to, failed = false]) => ({ from, to, failed })),
  };
}
const barsOf = (svg: string) =>
  [...svg.matchAll(/<rect class="(\w+)" x="([\d.]+)%" width="([\d.]+)%" y="(\d+)"/g)].map(([, kind, x, width, y]) => ({
    kind,
    x: Number(x),
    width: Number(width),
    y: Number(y),
  }));

describe('the picture of when steps ran', () => {
  it('has a bar for every span where it was, a row for every step', () => {
    const { markup } = timeline({ seconds: 200, steps: [step('First', [0, 50]), step('Second', [50, 100, true], [150, 200])] });

    const [first, failed, again] = barsOf(markup);
    expect(first).toMatchObject({ kind: 'done', x: 0, width: 25 });
    expect(failed).toMatchObject({ kind: 'failed', x: 25, width: 25 });
    expect(again).toMatchObject({ kind: 'done', x: 75, width: 25, y: failed?.y });
    expect(failed?.y).toBeGreaterThan(first?.y ?? 0);
  });

  it('shows a step of no time, and stays within the picture', () => {
    const bars = barsOf(
      timeline({ seconds: 100, steps: [step('Quick', [40, 40]), step('Last', [100, 100]), step('Late', [90, 120])] }).markup,
    );

    expect(bars).toHaveLength(3);
    for (const { x, width } of bars) {
      expect(width).toBeGreaterThan(0);
      expect(x + width).toBeLessThanOrEqual(100);
    }
  });

  it('writes the name where there is space: from its bar on in the first half, up to its end in the second', () => {
    const { markup } = timeline({ seconds: 100, steps: [step('Early', [10, 90]), step('Late', [60, 80])] });

    expect(markup).toContain('<text x="10%" y="38" text-anchor="start">Early <tspan class="tick">1 min 20 s</tspan>');
    expect(markup).toContain('<text x="80%" y="72" text-anchor="end">Late ');
  });

  it.each([
    ['no steps', { seconds: 60, steps: [] }],
    ['no time', { seconds: 0, steps: [step('Now', [0, 0])] }],
  ])('can be drawn for %s', (_what, report) => {
    expect(timeline(report).markup).not.toMatch(/NaN|Infinity|undefined/);
  });
});
