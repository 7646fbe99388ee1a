import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExecutionStatus } from '../../lambdas/aws/sfn.ts';
import { executionArnSchema } from '../../lambdas/execution.ts';
import { keepLease, type LeaseJudge, releaseLease, takeLease, underLease } from '../../lambdas/lease.ts';
import type { ActionName } from '../../model/actions.ts';
import { layout } from '../../model/layout.ts';
import { CLUSTER } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';
import { executionArn } from '../fixtures/execution.ts';

const KEY = layout.lease(CLUSTER);
const idOf = (arn: string) => executionArnSchema(`hopsdr-${CLUSTER}-`).parse(arn);
const [NIGHTLY, NOON] = [executionArn('backup', 'nightly'), executionArn('backup', 'noon')];
const RESTORE = executionArn('restore', 'back-to-monday');

interface Given {
  readonly statuses?: Record<string, ExecutionStatus>;
  readonly cleaning?: boolean;
  /** What the executions have had done on nodes. */
  readonly actions?: ActionName[];
  /** The last of their events. */
  readonly ended?: string;
  readonly content?: string;
}

/** A bucket, with or without a lease, and what Step Functions says of executions; all of it may be changed. */
function given({
  statuses = {},
  cleaning = false,
  actions = ['InspectCluster', 'CheckNodes'],
  ended = '2026-11-22T01:00:00Z',
  content,
}: Given = {}) {
  const world = { statuses, cleaning, now: new Date('2026-11-22T02:00:00Z') };
  const bucket = memoryBucket(content === undefined ? {} : { [KEY]: content });
  const asked: string[] = [];
  const judge: LeaseJudge = {
    cluster: CLUSTER,
    bucket,
    statusOf: async (arn) => {
      asked.push(arn);
      return world.statuses[arn];
    },
    hasRunning: async (arn) => arn.endsWith(`:stateMachine:hopsdr-${CLUSTER}-clean-up`) && world.cleaning,
    readHistory: async () => [undefined, ...actions].map((action) => ({ action, at: Date.parse(ended) })),
    now: () => world.now,
  };
  return {
    world,
    bucket,
    asked,
    judge,
    take: (arn: string) => takeLease(idOf(arn), judge),
    keep: (arn: string) => keepLease(idOf(arn), judge, judge.now),
    release: (arn: string, isNeeded = false) => releaseLease(idOf(arn), judge, async () => isNeeded),
    holder: () => JSON.parse(bucket.objects.get(KEY) ?? 'null')?.holder,
  };
}

describe('the lease of a cluster', () => {
  it('goes to the first who asks, and to the next when it is released', async () => {
    const { take, release, holder } = given({ statuses: { [NIGHTLY]: 'RUNNING' } });

    await take(NIGHTLY);
    expect(holder()).toEqual({ execution: NIGHTLY, since: '2026-11-22T02:00:00.000Z' });

    await release(NIGHTLY);
    expect(holder()).toBeNull();
    await take(NOON);
    expect(holder()).toMatchObject({ execution: NOON });
  });

  it('is refused while its holder runs, at once, saying who holds it since when, and what to do', async () => {
    const { world, take, holder } = given({ statuses: { [RESTORE]: 'RUNNING' } });
    await take(RESTORE);
    world.now = new Date('2026-11-22T03:00:00Z');

    const message = expect.stringMatching(`${RESTORE} has held .* since 2026-11-22T02:00:00.000Z.* Wait until`);
    await expect(take(NIGHTLY)).rejects.toMatchObject({ name: 'LeaseHeld', message });
    expect(holder()).toMatchObject({ execution: RESTORE });
  });

  it.each<[ExecutionStatus | undefined]>([['SUCCEEDED'], ['FAILED'], ['TIMED_OUT'], ['ABORTED'], [undefined]])(
    'goes to the next, although nobody has released it, when its holder has ended as %s',
    async (status) => {
      const { take, holder } = given({ statuses: status ? { [NIGHTLY]: status } : {} });
      await take(NIGHTLY);

      await take(NOON);

      expect(holder()).toMatchObject({ execution: NOON });
    },
  );

  it('is not taken from a holder that is about to be redriven', async () => {
    const { take } = given({ statuses: { [NIGHTLY]: 'PENDING_REDRIVE' } });
    await take(NIGHTLY);

    await expect(take(NOON)).rejects.toMatchObject({ name: 'LeaseHeld' });
  });

  it('is not taken before the clean-up after its holder has ended', async () => {
    const { world, take, holder } = given({ statuses: { [NIGHTLY]: 'ABORTED' }, cleaning: true });
    await take(NIGHTLY);

    const message = expect.stringContaining(`${NIGHTLY} is ABORTED`);
    await expect(take(NOON)).rejects.toMatchObject({ name: 'CleanUpUnderWay', message });

    world.cleaning = false;
    await take(NOON);
    expect(holder()).toMatchObject({ execution: NOON });
  });

  it('is not taken while the clean-up after its holder has still to begin', async () => {
    const { world, take, holder } = given({ statuses: { [NIGHTLY]: 'FAILED' }, ended: '2026-11-22T01:59:59Z' });
    await take(NIGHTLY);

    await expect(take(NOON)).rejects.toMatchObject({ name: 'CleanUpUnderWay' });

    world.now = new Date('2026-11-22T02:01:00Z');
    await take(NOON);
    expect(holder()).toMatchObject({ execution: NOON });
  });

  it.each<[string, Given]>([
    ['has only looked', { statuses: { [NIGHTLY]: 'FAILED' }, actions: ['InspectCluster', 'InspectHopsfs'] }],
    ['has succeeded', { statuses: { [NIGHTLY]: 'SUCCEEDED' } }],
  ])('waits for no clean-up when its holder %s', async (_, what) => {
    const { take, holder } = given({ ...what, cleaning: true, ended: '2026-11-22T02:00:00Z' });
    await take(NIGHTLY);

    await take(NOON);

    expect(holder()).toMatchObject({ execution: NOON });
  });

  it('stays with an execution that is redriven, clean-up or not, until somebody else has it', async () => {
    const { world, take, keep, release, holder } = given({ statuses: { [NIGHTLY]: 'FAILED', [NOON]: 'RUNNING' }, cleaning: true });
    await take(NIGHTLY);

    await keep(NIGHTLY);
    await take(NIGHTLY);
    expect(holder()).toMatchObject({ execution: NIGHTLY });

    world.cleaning = false;
    await take(NOON);
    for (const again of [take, keep]) {
      await expect(again(NIGHTLY)).rejects.toMatchObject({ name: 'LeaseHeld', message: expect.stringContaining(NOON) });
    }

    await release(NOON);
    await keep(NIGHTLY);
    expect(holder()).toMatchObject({ execution: NIGHTLY });
  });

  it('is not released for somebody else, nor while it is needed', async () => {
    const { take, release, holder } = given();
    await take(NIGHTLY);

    await release(NOON);
    await release(NIGHTLY, true);

    expect(holder()).toMatchObject({ execution: NIGHTLY });
  });

  it('is not taken over by who saw its holder fail, once that one was redriven and has gone on', async () => {
    const { world, judge, take, keep, holder } = given({ statuses: { [NIGHTLY]: 'FAILED' } });
    await take(NIGHTLY);
    const statusOf: LeaseJudge['statusOf'] = async (arn) => {
      const seen = await judge.statusOf(arn);
      world.statuses[NIGHTLY] = 'RUNNING';
      await keep(NIGHTLY);
      return seen;
    };

    await expect(takeLease(idOf(NOON), { ...judge, statusOf })).rejects.toMatchObject({ name: 'LeaseHeld' });
    expect(holder()).toMatchObject({ execution: NIGHTLY });
  });

  it.each([0, 8.64e15])('depends on no clock: not on one that jumps to %d', async (time) => {
    const { world, take, keep } = given({ statuses: { [NIGHTLY]: 'RUNNING' } });
    await take(NIGHTLY);

    world.now = new Date(time);

    await expect(take(NOON)).rejects.toMatchObject({ name: 'LeaseHeld' });
    await keep(NIGHTLY);
    world.statuses[NIGHTLY] = 'FAILED';
    await take(NOON);
    await keep(NOON);
  });

  it('of a bucket that was copied from another region or account is nobody\u2019s', async () => {
    const { asked, judge, take, holder } = given();
    await takeLease({ ...idOf(NIGHTLY), arn: NIGHTLY.replace('eu-north-1', 'us-east-1') }, judge);

    await take(NOON);

    expect(holder()).toMatchObject({ execution: NOON });
    expect(asked).toEqual([]);
  });

  it.each(['', '{', 'null', '{"holder":7}', '{"holder":{"execution":"","since":"now"},"turn":1}', '{"holder":null,"turn":0}'])(
    'that says %j is refused by name, and left as it is',
    async (content) => {
      const { bucket, take } = given({ content });

      await expect(take(NIGHTLY)).rejects.toMatchObject({ name: 'LeaseInvalid', message: expect.stringContaining(KEY) });
      expect(bucket.objects.get(KEY)).toBe(content);
    },
  );

  it('is given up, by name, when others write it again and again', async () => {
    const { judge } = given();
    const bucket = { ...judge.bucket, putIfMatch: async () => false };

    await expect(takeLease(idOf(NIGHTLY), { ...judge, bucket })).rejects.toMatchObject({ name: 'LeaseHeld' });
  });
});

describe('a handler under the lease', () => {
  it('hands on the input without the execution, and can make sure once more', async () => {
    const { judge, take, release, holder } = given();
    const seen: unknown[] = [];
    const handler = underLease(judge, async (input, keep) => {
      seen.push(input, holder().execution);
      await release(NIGHTLY);
      await take(NOON);
      await keep();
    });

    await expect(handler({ execution: NIGHTLY, page: 1 })).rejects.toMatchObject({ name: 'LeaseHeld' });
    expect(seen).toEqual([{ page: 1 }, NIGHTLY]);
  });

  it.each([{}, { execution: NIGHTLY.replace(CLUSTER, 'other') }])('refuses the input %j', async (input) => {
    const { judge, bucket } = given();

    await expect(underLease(judge, async () => 'done')(input)).rejects.toMatchObject({ name: 'RequestInvalid' });
    expect(bucket.objects.size).toBe(0);
  });
});

describe('whatever executions do, and however their requests interleave', () => {
  const step = fc.record({
    who: fc.constantFrom(NIGHTLY, NOON),
    does: fc.constantFrom('takes', 'keeps', 'keeps', 'finishes', 'fails', 'fails', 'is cleaned up', 'is redriven', 'is redriven'),
  });

  it('never do two that run hold the lease, whatever their clocks say', async () => {
    const anyTime = fc.infiniteStream(fc.date({ noInvalidDate: true }));
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 8, maxLength: 40 }), anyTime, async (scheduler, steps, times) => {
        const { holdsAtOnce, does } = executions(scheduler, times);
        const begun: Promise<void>[] = [];
        const all = scheduler.scheduleSequence(
          steps.map(
            ({ who, does: what }) =>
              async () =>
                void begun.push(does(who, what)),
          ),
        );
        await scheduler.waitFor(all.task);
        await scheduler.waitFor(Promise.all(begun));

        expect(holdsAtOnce).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  /** Two executions that run and never held the lease, and each moment at which both believed that they held it. */
  function executions(scheduler: fc.Scheduler, times: Iterator<Date>) {
    const bucket = memoryBucket();
    const status = new Map<string, ExecutionStatus>([NIGHTLY, NOON].map((arn) => [arn, 'RUNNING']));
    /** What its functions were told before an execution ended does not count any more. */
    const life = new Map([NIGHTLY, NOON].map((arn) => [arn, 0]));
    const holders = new Set<string>();
    /** An execution finishes when its functions have, and calls none any more. */
    const claims = new Map<string, number>();
    const finishing = new Set<string>();
    const holdsAtOnce: string[][] = [];
    const judge: LeaseJudge = {
      cluster: CLUSTER,
      bucket: { readTagged: scheduler.scheduleFunction(bucket.readTagged), putIfMatch: scheduler.scheduleFunction(bucket.putIfMatch) },
      statusOf: scheduler.scheduleFunction(async (arn: string) => status.get(arn)),
      hasRunning: async () => false,
      readHistory: async () => [],
      now: () => times.next().value as Date,
    };
    const runs = (arn: string) => status.get(arn) === 'RUNNING';
    const claim = async (arn: string, claiming: () => Promise<void>) => {
      if (finishing.has(arn)) return;
      // A function may outlive its execution; what it is told then, no state reads.
      const began = runs(arn) ? life.get(arn) : undefined;
      const id = `${arn} ${began}`;
      claims.set(id, (claims.get(id) ?? 0) + 1);
      const has = await claiming().then(() => true, leaseHeld);
      claims.set(id, (claims.get(id) ?? 0) - 1);
      if (!has || life.get(arn) !== began || !runs(arn)) return;
      holders.add(arn);
      if (holders.size > 1) holdsAtOnce.push([...holders]);
    };
    const end = (arn: string, as: ExecutionStatus) => {
      if (!runs(arn)) return;
      status.set(arn, as);
      life.set(arn, (life.get(arn) ?? 0) + 1);
      holders.delete(arn);
      finishing.delete(arn);
    };
    const leaseHeld = (error: Error) => {
      if (error.name !== 'LeaseHeld') throw error;
      return false;
    };
    const steps: Record<string, (arn: string) => Promise<void>> = {
      takes: (arn) => claim(arn, () => takeLease(idOf(arn), judge)),
      keeps: (arn) => claim(arn, () => keepLease(idOf(arn), judge, judge.now)),
      async finishes(arn) {
        const began = life.get(arn);
        if (claims.get(`${arn} ${began}`) !== 0 || !holders.delete(arn)) return;
        finishing.add(arn);
        await releaseLease(idOf(arn), judge, async () => false);
        if (life.get(arn) === began) end(arn, 'SUCCEEDED');
      },
      fails: async (arn) => end(arn, 'FAILED'),
      'is cleaned up': async (arn) => {
        if (!runs(arn)) await releaseLease(idOf(arn), judge, async () => (await judge.statusOf(arn)) === 'RUNNING');
      },
      'is redriven': async (arn) => {
        if (status.get(arn) === 'FAILED') status.set(arn, 'RUNNING');
      },
    };
    return { holdsAtOnce, does: (arn: string, what: string) => steps[what]?.(arn) ?? Promise.reject(new Error(what)) };
  }
});
