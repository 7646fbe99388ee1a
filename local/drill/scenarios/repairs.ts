import type { HopsworksFailure } from '../../hopsworks/hopsworks.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** The restore ends with this error; it is repaired, and a redrive brings everything back. */
async function comeBackAfter(stage: Stage, failure: HopsworksFailure, error: string, keeps: 'all but services' | 'nothing'): Promise<void> {
  await stage.backUp();
  await stage.loseAll();
  const repair = await stage.fail(failure);
  const redrive = await stage.refuses(error, keeps);
  await repair();
  await redrive();
  await stage.expectSame();
}

export const serviceStuck: Scenario = {
  name: 'service-stuck',
  happens: 'A unit on a head refuses to stop.',
  proves: 'The restore ends before RonDB is touched; after a repair a redrive brings everything back.',
  hopsworks: 'none',
  play: (stage) => comeBackAfter(stage, { unit: 'onlinefs', on: 'head-1', refuses: 'stop' }, 'ServiceNotStopped', 'all but services'),
};

export const topicFails: Scenario = {
  name: 'topic-fails',
  happens: 'Kafka refuses one of the topics that RonDB names.',
  proves: 'The restore says which topic, and a redrive creates what is missing.',
  hopsworks: 'none',
  play: (stage) => comeBackAfter(stage, { topic: 'topic-7' }, 'TopicsIncomplete', 'nothing'),
};

export const epipeRuns: Scenario = {
  name: 'epipe-runs',
  happens: 'A process of ePipe outlives its systemd unit, so that the index cannot be rebuilt.',
  proves: 'The restore ends instead of leaving an index with gaps; after a repair a redrive rebuilds it.',
  hopsworks: 'none',
  play: (stage) => comeBackAfter(stage, 'epipe', 'SearchRebuildFailed', 'nothing'),
};
