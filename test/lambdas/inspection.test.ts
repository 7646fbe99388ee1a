import { describe, expect, it } from 'vitest';
import { readInspection } from '../../lambdas/inspection.ts';
import type { NodeAnswers } from '../../model/answers.ts';
import { dataNode, HEAD, instanceOf, MEMORY, pack, sha256, versions } from '../fixtures/backup.ts';
import { FREE_BYTES, inspectedCluster, inspection, showText } from '../fixtures/inspection.ts';

const withShow = (show: string): NodeAnswers<'InspectCluster'> =>
  inspection().map(({ instanceId, answer }) => ({
    instanceId,
    answer: { ...answer, cluster: answer.cluster && { ...answer.cluster, show } },
  }));
const showOf = (...lines: string[]) => pack([`[ndbd(NDB)]\t${lines.length} node(s)`, ...lines, ''].join('\n'));
const located = (nodeId: number) => ({ ...dataNode(nodeId), host: `10.0.0.${nodeId}` });
const started = 'id=1\t@10.0.0.1  (RonDB-22.10.4, Nodegroup: 0)';

/** What is found, and what is refused, when nothing is thrown. */
function readAll(nodes: NodeAnswers<'InspectCluster'>) {
  const refused: [string, string][] = [];
  return { found: readInspection(nodes, ({ name, message }) => void refused.push([name, message])), refused };
}

describe('reading what the nodes answered', () => {
  it('finds heads with their tools, data nodes with their memory and space, and what RonDB says of itself', () => {
    const found = readInspection(inspection([dataNode(1), dataNode(2)], ['shop.orders', 'shop.items']));

    expect(found).toEqual({
      heads: [{ instanceId: HEAD, tools: ['hdfs', 'epipe', 'kafka'], deletionDelaySeconds: 86_400 }],
      dataNodes: [located(1), located(2)],
      sqlVersion: '8.0.35',
      versions: versions(),
      memory: [1, 2].map((nodeId) => ({ nodeId, ...MEMORY })),
      apiSlots: [{ isFree: false }, ...Array.from({ length: 10 }, () => ({ isFree: true, acceptsFrom: 'any host' }))],
      userTables: { count: 2, names: ['shop.orders', 'shop.items'], sha256: sha256('shop.orders\nshop.items\n') },
      restoring: [],
      freeBytes: new Map([1, 2].map((nodeId) => [instanceOf(nodeId), FREE_BYTES])),
    });
  });

  it('does without API slots when SHOW does not list them', () => {
    const show = pack(showText([dataNode(1), dataNode(2)]).replace('[mysqld(API)]', '[other]'));

    expect(readInspection(withShow(show))).toMatchObject({ apiSlots: undefined, dataNodes: [located(1), located(2)] });
  });

  it('finds several data nodes on one instance, and an instance that is head and data node', () => {
    const nodes = [dataNode(1, { instanceId: HEAD }), dataNode(2, { instanceId: HEAD })];
    const answer = { localNodeIds: [1, 2], restoring: [], freeBytes: null, cluster: inspectedCluster(nodes) };

    expect(readInspection([{ instanceId: HEAD, answer }]).dataNodes).toMatchObject(nodes);
  });

  it('lists the heads in order, so that every planner chooses the same one', () => {
    const second = {
      instanceId: 'i-00000000000000009',
      answer: { localNodeIds: [], restoring: [], freeBytes: null, cluster: inspectedCluster([]) },
    };

    expect(readInspection([...inspection(), second]).heads).toMatchObject([{ instanceId: 'i-00000000000000009' }, { instanceId: HEAD }]);
  });

  it('tells on which instance a restore was begun', () => {
    const nodes = inspection();
    nodes[1]?.answer.restoring.push('263261030');

    expect(readInspection(nodes).restoring).toEqual([{ backupId: '263261030', instanceId: instanceOf(1) }]);
  });

  it.each([
    ['is not connected', 'id=2 (not connected, accepting connect from 10.0.0.2)', 'RonDB data node 2 is "not connected'],
    ['is starting', 'id=2\t@10.0.0.2  (RonDB-22.10.4, starting, Nodegroup: 0)', 'RonDB data node 2 is "starting"'],
    ['is in single user mode', 'id=2\t@10.0.0.2  (RonDB-22.10.4, single user mode, Nodegroup: 0)', '"single user mode"'],
    ['has no node group', 'id=2\t@10.0.0.2  (RonDB-22.10.4, no nodegroup)', 'RonDB data node 2 belongs to no node group'],
  ])('refuses a cluster in which a data node %s', (_what, line, message) => {
    const read = () => readInspection(withShow(showOf(started, line)));

    expect(read).toThrow(expect.objectContaining({ name: 'DataNodeNotStarted', message: expect.stringContaining(message) }));
  });

  it('names every data node that is not started', () => {
    const read = () => readInspection(withShow(showOf('id=1 (not connected)', 'id=2 (not connected)')));

    expect(read).toThrow(/data node 1 is .*data node 2 is /);
  });

  it('refuses a data node that runs on none of the instances', () => {
    const read = () => readInspection(inspection().slice(0, 2));

    expect(read).toThrow(
      expect.objectContaining({ name: 'NodeUnaccounted', message: expect.stringContaining('RonDB data node 2 was found on none') }),
    );
  });

  it('refuses a data node that two instances claim, naming both', () => {
    const nodes = inspection();
    nodes[2]?.answer.localNodeIds.push(1);

    const read = () => readInspection(nodes);

    expect(read).toThrow(expect.objectContaining({ name: 'NodeUnaccounted' }));
    expect(read).toThrow(`on more than one instance: ${instanceOf(1)}, ${instanceOf(2)}`);
  });

  it('names every data node that is unaccounted for, and every head without mysqld', () => {
    const [head] = inspection([dataNode(1), dataNode(2), dataNode(3)]);
    const idle = ['i-00000000000000008', 'i-00000000000000009'].map((instanceId) => ({
      instanceId,
      answer: { localNodeIds: [], restoring: [], freeBytes: null, cluster: null },
    }));

    const { refused } = readAll([...(head ? [head] : []), ...idle]);

    expect(refused).toEqual([
      ['SqlServerUnreachable', expect.stringMatching(/^i-0{16}8 hosts no .* mysqld\. i-0{16}9 hosts no .* mysqld\. /)],
      ['NodeUnaccounted', expect.stringMatching(/^RonDB data node 1 was found .* node 2 was found .* node 3 was found /)],
    ]);
  });

  it('leaves out what it refuses when all is to be found', () => {
    const show = showOf(started, 'id=2 (not connected)', 'id=3\t@10.0.0.3  (RonDB-22.10.4, Nodegroup: 0)');

    const { found, refused } = readAll(withShow(show));

    expect(found.dataNodes).toEqual([located(1)]);
    expect(refused.map(([name]) => name)).toEqual(['DataNodeNotStarted', 'NodeUnaccounted']);
  });

  it('finds nothing of a cluster without a head, and where restores were begun', () => {
    const [, host] = inspection();
    host?.answer.restoring.push('263261030');

    const { found, refused } = readAll(host ? [host] : []);

    expect(found).toEqual({
      heads: [],
      dataNodes: [],
      sqlVersion: '',
      versions: undefined,
      memory: [],
      apiSlots: undefined,
      userTables: { count: 0, names: [], sha256: '' },
      restoring: [{ backupId: '263261030', instanceId: instanceOf(1) }],
      freeBytes: new Map([[instanceOf(1), FREE_BYTES]]),
    });
    expect(refused.map(([name]) => name)).toEqual(['NoNodes']);
  });

  it('refuses a cluster without a head', () => {
    expect(() => readInspection(inspection().slice(1))).toThrow(expect.objectContaining({ name: 'NoNodes' }));
  });

  it.each([
    ['not packed', Buffer.from('[ndbd(NDB)]').toString('base64')],
    ['no SHOW', pack('Unable to connect')],
    ['more than 4 MiB of text', pack(' '.repeat(5 * 1024 * 1024))],
  ])('refuses a SHOW that is %s', (_what, show) => {
    expect(() => readInspection(withShow(show))).toThrow(expect.objectContaining({ name: 'NodeOutputInvalid' }));
  });
});
