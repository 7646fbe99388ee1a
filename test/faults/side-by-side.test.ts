import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, type Ending, type Met, meetAll } from './side-by-side.ts';

describe('the published scripts and this product, given the same faults', { timeout: 900_000 }, () => {
  let world: Awaited<ReturnType<typeof createWorld>>;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world?.close());

  it('differ in how many they do not tell, as the README says', async ({ task }) => {
    const { backups, restores } = await meetAll(world);

    task.meta.sideBySide = [...backups, ...restores];
    const count = (met: readonly Met[], who: 'model' | 'strictModel' | 'ours', ending: Ending) =>
      met.filter((each) => each[who] === ending).length;
    const row = (name: string, met: readonly Met[], who: 'model' | 'strictModel' | 'ours', ...named: Ending[]) =>
      `| ${name} | ${met.length} | ${named.reduce((sum, ending) => sum + count(met, who, ending), 0)} | ${count(met, who, 'SILENT')} |`;
    const rows = [
      row('serial copy, then tar', backups, 'model', 'failed'),
      row('the same under `set -eo pipefail`', backups, 'strictModel', 'failed'),
      row('parallel restore, then `wait`', restores, 'model', 'failed'),
      row('hopsworks-dr', [...backups, ...restores], 'ours', 'failed by name'),
    ];
    expect(readFileSync('README.md', 'utf8')).toContain(rows.join('\n  '));
  });
});

declare module 'vitest' {
  interface TaskMeta {
    sideBySide?: Met[];
  }
}
