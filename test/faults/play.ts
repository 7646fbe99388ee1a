import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rondbHome } from '../rondb-home.ts';
import type { Fault } from './fault.ts';

/** One test for each row: it must end as declared, and in time. What was measured goes to the table, whatever it is. */
export function playAll(what: string, faults: readonly Fault[]): void {
  describe(what, () => {
    // What the product says of its trouble is said hundreds of times.
    beforeEach(() => void [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')].map((said) => said.mockReturnValue()));
    afterEach(() => void vi.restoreAllMocks());

    for (const fault of faults) {
      it.skipIf(fault.needsRondb && !rondbHome)(`${fault.id}: ${fault.injected}`, { timeout: 90_000 }, async ({ task }) => {
        task.meta.fault = { id: fault.id };

        const measured = await fault.play();

        task.meta.fault = { id: fault.id, measured };
        const { seconds, ...outcome } = measured;
        expect(outcome).toEqual(fault.expected);
        expect(seconds).toBeLessThanOrEqual(fault.limit);
      });
    }
  });
}
