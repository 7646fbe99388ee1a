import type { Depth } from '../../model/verification.ts';
import type { Shape } from '../cluster/cluster.ts';
import type { Fingerprint } from '../cluster/fingerprint.ts';
import type { HopsworksFailure } from '../hopsworks/hopsworks.ts';
import type { Pipeline } from '../pipeline.ts';
import { type Drill, drillCluster } from './drill.ts';
import type { Timeline } from './timeline.ts';
import { formatVerdict, judge } from './verdict.ts';

/** What a scenario does with a drill, step by step. Whatever does not end as it was told to end is an Error that says so. */
export interface Stage {
  readonly drill: Drill;
  /** Of the nodes that are there now. */
  readonly pipeline: Pipeline;
  /** What there was when the scenario began. */
  readonly before: Fingerprint;
  backUp(): Promise<{ readonly backupId: string; readonly manifest: string }>;
  /** The disaster; new, empty nodes come, in another shape where it says so. */
  loseAll(shape?: Partial<Shape>): Promise<void>;
  /** A confirmed restore, which must succeed: of the newest backup unless the request says otherwise. */
  restore(request?: object): Promise<unknown>;
  /** Breaks something of Hopsworks on the nodes that are there now; resolves with how to repair it. */
  fail(failure: HopsworksFailure): Promise<() => Promise<void>>;
  /** What a restore that is not confirmed says. */
  plan(request?: object): Promise<{ possible: boolean; obstacles: { error: string }[] }>;
  /**
   * A confirmed restore that must fail with this error and leave untouched what `keeps` says: everything, or all but the services that
   * were stopped first. Resolves with how to redrive it, which must succeed.
   */
  refuses(error: string, keeps?: 'everything' | 'all but services' | 'nothing', request?: object): Promise<() => Promise<unknown>>;
  /** Verifies the newest backup, which must be whole. */
  verify(depth: Depth): Promise<void>;
  /** Verifies the newest backup, which must be damaged by this name; resolves with what is said of it. */
  findsDamage(depth: Depth, error: string): Promise<string>;
  /** Compares what there is with what there was when the scenario began, or with something else. */
  expectSame(expected?: Fingerprint): Promise<void>;
}

/** Prepares a drill and begins a scenario on it. `shape`: of the nodes that come after a disaster, where the scenario does not say so. */
export async function openStage(drill: Drill, timeline: Timeline, shape: Partial<Shape> = {}): Promise<Stage> {
  const pipeline = await drill.prepare(timeline);
  const read = (what: string) => timeline.during(what, () => drill.fingerprint());
  const before = await read('read all that is there');
  const running = () => drill.pipeline ?? pipeline;

  async function follow<T>(what: string, executionArn: string, finish: () => Promise<T>): Promise<T> {
    const unfollow = timeline.follow(running().engine, executionArn);
    try {
      const output = await finish();
      timeline.line(`${what} succeeded: ${JSON.stringify(output)}`);
      return output;
    } finally {
      unfollow();
    }
  }

  async function run(machine: 'backup' | 'restore' | 'verify', input: object): Promise<unknown> {
    timeline.line(`${machine} ${JSON.stringify(input)}`);
    const executionArn = await running().start(machine, input);
    return await follow(machine, executionArn, () => running().finish(executionArn));
  }

  const verification = (depth: Depth) => ({ cluster: drillCluster, backup: 'latest', depth });
  const restoreRequest = (request: object) => ({
    cluster: drillCluster,
    ...(!('before' in request) && { backup: 'latest' }),
    ...request,
  });
  const confirmed = (request: object) => restoreRequest({ confirm: drillCluster, ...request });

  async function refuses(error: string, keeps: 'everything' | 'all but services' | 'nothing' = 'everything', request: object = {}) {
    const untouched = await drill.fingerprint();
    const { engine, start, finish } = running();
    timeline.line(`restore ${JSON.stringify(confirmed(request))}`);
    const executionArn = await start('restore', confirmed(request));
    const failure = await follow('restore', executionArn, () => finish(executionArn)).then(
      () => undefined,
      (cause: Error) => cause,
    );
    if (failure?.name !== error) {
      throw new Error(
        `the restore was to end with ${error}, and ${failure ? `ended with ${failure.name}: ${failure.message}` : 'succeeded'}`,
      );
    }
    timeline.line(`restore ended with ${failure.name}, as it must: ${failure.message}`);
    if (keeps !== 'nothing') {
      const isKept = ([entry]: [string, string]) => keeps === 'everything' || !entry.startsWith('unit ');
      const kept = ({ entries }: Fingerprint) => ({ entries: Object.fromEntries(Object.entries(entries).filter(isKept)) });
      expectSame(kept(untouched), kept(await drill.fingerprint()), 'the refused restore changed something');
    }
    return async () => {
      timeline.line('redrive');
      engine.redriveExecution(executionArn);
      return await follow('restore', executionArn, () => finish(executionArn));
    };
  }

  function expectSame(expected: Fingerprint, found: Fingerprint, otherwise: string): void {
    const verdict = judge(expected, found);
    timeline.text(`\n${formatVerdict(verdict)}\n`);
    // Nodes that are still empty have nothing to compare, and are the same all the same.
    if (verdict.differences.length > 0) throw new Error(otherwise);
  }

  return {
    drill,
    get pipeline() {
      return running();
    },
    before,
    backUp: async () => (await run('backup', { cluster: drillCluster })) as { backupId: string; manifest: string },
    async loseAll(other = {}) {
      await drill.redeploy(timeline, { ...shape, ...other });
    },
    restore: (request = {}) => run('restore', confirmed(request)),
    async fail(failure) {
      if (!drill.hopsworks) throw new Error('there is no Hopsworks that could fail');
      timeline.line(`broken: ${JSON.stringify(failure)}`);
      return await drill.hopsworks.fail(failure);
    },
    plan: async (request = {}) => (await run('restore', restoreRequest(request))) as { possible: boolean; obstacles: { error: string }[] },
    refuses,
    async verify(depth) {
      const found = (await run('verify', verification(depth))) as { verdict: string };
      if (found.verdict !== 'intact') throw new Error(`the backup was to be whole: ${JSON.stringify(found)}`);
    },
    async findsDamage(depth, error) {
      const failure = await run('verify', verification(depth)).then(
        () => undefined,
        (cause: Error) => cause,
      );
      if (failure?.name !== error) throw new Error(`the verification was to end with ${error}, and ${failure ?? 'succeeded'}`);
      timeline.line(`verify ended with ${failure.name}, as it must: ${failure.message}`);
      return failure.message;
    },
    async expectSame(expected = before) {
      if (Object.keys(expected.entries).length === 0) throw new Error('there was nothing to compare');
      expectSame(expected, await read('read all that came back'), 'what is there is not what was backed up');
    },
  };
}
