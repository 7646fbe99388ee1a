import { givenHopsworks } from '../../nodes/hopsworks.ts';
import { givenUnits } from '../../nodes/units.ts';
import type { Fault } from '../fault.ts';
import { onNode } from '../stages/script.ts';

type Hopsworks = Awaited<ReturnType<typeof givenHopsworks>>;

/** A head with all of Hopsworks, of which something is broken. */
const broken = (spoil: (node: Hopsworks) => Promise<unknown> | unknown) => async () => {
  const node = await givenHopsworks();
  await spoil(node);
  return node;
};
const searching = { action: 'ReindexOpenSearch', error: 'SearchRebuildFailed' } as const;
const topics = { action: 'RecreateKafkaTopics', parameters: { prefix: 'practice/restores/run-1' } } as const;
const units = (refused: string, verb: 'start' | 'stop' | 'stay') => async () => {
  const node = await givenUnits('onlinefs', 'epipe');
  if (verb !== 'stop') await node.run('stop-services', { units: 'onlinefs+epipe' });
  await node.refuse(refused, verb);
  return node;
};

/** What else runs on a Hopsworks cluster. */
export const services: Fault[] = [
  onNode({
    ...searching,
    id: 'epipe-still-runs',
    item: 'ePipe running',
    injected: 'A process of ePipe outlives its unit: its tool refuses to work beside it',
    on: broken((node) => node.hopsworks.fail('epipe')),
  }),
  onNode({
    id: 'epipe-does-not-stop',
    item: 'ePipe running',
    action: 'ReindexOpenSearch',
    injected: 'The unit of ePipe does not stop',
    on: broken((node) => node.hopsworks.fail({ unit: 'epipe', on: 'head-1', refuses: 'stop' })),
    error: 'ServiceNotStopped',
  }),
  onNode({
    ...searching,
    id: 'open-search-down',
    item: 'beyond the list',
    injected: 'OpenSearch answers 503',
    on: broken((node) => node.hopsworks.fail('openSearch')),
  }),
  onNode({
    ...searching,
    id: 'open-search-refuses-documents',
    item: 'beyond the list',
    injected: 'OpenSearch refuses the documents of a project, and the tool exits 0',
    on: broken((node) =>
      node.write('projects', '1\t{"doc_type":"proj","project_id":1,"colour":"red"}\n2\t{"doc_type":"proj","project_id":2}\n'),
    ),
  }),
  onNode({
    ...topics,
    id: 'kafka-fails-at-first-topic',
    item: 'Kafka failing at the first topic',
    injected: 'Kafka refuses the first topic, where its script ends',
    on: broken((node) => node.hopsworks.fail({ topic: 'orders' })),
    error: 'TopicsIncomplete',
  }),
  onNode({
    ...topics,
    id: 'kafka-down',
    item: 'Kafka failing at the first topic',
    injected: 'Kafka does not list its topics',
    on: broken((node) => node.remove('kafka/brokers')),
    error: 'TopicsIncomplete',
  }),
  onNode({
    id: 'unit-does-not-stop',
    item: 'beyond the list',
    action: 'StopServices',
    injected: 'A unit that writes to RonDB does not stop',
    on: units('epipe', 'stop'),
    parameters: { units: 'onlinefs+epipe' },
    error: 'ServiceNotStopped',
  }),
  onNode({
    id: 'unit-does-not-start',
    item: 'beyond the list',
    action: 'StartServices',
    injected: 'A unit does not start',
    on: units('epipe', 'start'),
    parameters: { units: 'onlinefs+epipe' },
    error: 'ServiceNotStarted',
  }),
  onNode({
    id: 'unit-ends-at-once',
    item: 'beyond the list',
    action: 'StartServices',
    injected: 'A unit starts and ends again at once, which systemctl calls a success',
    on: units('epipe', 'stay'),
    parameters: { units: 'onlinefs+epipe' },
    error: 'ServiceNotStarted',
  }),
  onNode({
    id: 'hopsworks-down',
    item: 'beyond the list',
    action: 'ReindexFeatureStore',
    injected: 'Hopsworks does not run when the search of the feature store is filled',
    on: broken((node) => node.write('systemd/glassfish-domain1', 'inactive')),
    parameters: { credentialsFile: '/srv/hops/hopsworks.curl' },
    error: 'SearchRebuildFailed',
  }),
];
