import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenHopsworks } from './hopsworks.ts';

const SCRIPT = 'recreate-kafka-topics';
const prefix = 'practice/restores/north-1';
const list = `bucket/${prefix}/topics.list`;

describe('recreate-kafka-topics.sh', () => {
  it('creates the topics that RonDB names with their configuration, and stores their names', async () => {
    const node = await givenHopsworks();

    const { code, answer } = await node.run(SCRIPT, { prefix });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { topics: 3, created: 3 } });
    expect(await node.hopsworks.fingerprint()).toMatchObject({
      'topic clicks': '1 partitions, 1 replicas\n',
      'topic orders': '6 partitions, 1 replicas\n',
      'topic views': '3 partitions, 1 replicas\n',
    });
    expect(node.read(list)).toBe('clicks\norders\nviews\n');
  });

  it('may run again, and creates nothing then', async () => {
    const node = await givenHopsworks();
    await node.run(SCRIPT, { prefix });

    const { code, answer } = await node.run(SCRIPT, { prefix });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { topics: 3, created: 0 } });
    expect(node.read(list)).toBe('clicks\norders\nviews\n');
  });

  it('fails with the topics that Kafka refused and those behind them, in the words of Kafka, and goes on when that is repaired', async () => {
    const node = await givenHopsworks();
    const repair = await node.hopsworks.fail({ topic: 'clicks' });

    const refused = await node.run(SCRIPT, { prefix });
    const stored = node.has(list);
    await repair();
    const { code, answer } = await node.run(SCRIPT, { prefix });

    expect(refused.code).toBe(exitCodeOf('TopicsIncomplete'));
    expect(refused.last).toMatch(
      /2 of 3 topics are missing: clicks views\. kafka-restore\.sh: .*InvalidReplicationFactorException: Replication factor: 2 larger than available brokers: 1\.$/,
    );
    expect(stored).toBe(false);
    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { topics: 3, created: 2 } });
  });

  it('runs the script anew as long as it makes progress', async () => {
    const node = await givenHopsworks();
    // A Kafka that creates one topic in each run.
    const home = node.path('kafka');
    node.write('kafka/bin/real', node.read('kafka/bin/kafka-topics.sh'));
    node.write(
      'kafka/bin/kafka-topics.sh',
      `#!/usr/bin/env bash
topic=$(sed -E 's/.*--topic ([^ ]+).*/\\1/' <<<"$*")
if [[ $* == *--create* && ! -f ${home}/topics/$topic ]]; then
  [[ ! -f ${home}/run.$PPID ]] || { echo 'Error while executing topic command : timed out'; exit 1; }
  touch ${home}/run.$PPID
fi
exec bash ${home}/bin/real "$@"
`,
    );

    const { code, stderr } = await node.run(SCRIPT, { prefix });

    expect(code).toBe(0);
    expect(stderr.match(/\d missing$/gm)).toEqual(['2 missing', '1 missing', '0 missing']);
  });

  it('has nothing to create for a RonDB without topics', async () => {
    const node = await givenHopsworks();
    node.write('topics', '');

    const { code, answer } = await node.run(SCRIPT, { prefix });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { topics: 0, created: 0 } });
    expect(node.read(list)).toBe('');
  });

  it.each([
    ['Kafka does not list its topics', 'kafka/brokers', 'TopicsIncomplete', /Kafka does not list its topics: .*brokers: No such file/],
    ['the script is not there', 'kafka/bin/kafka-restore.sh', 'ToolMissing', /kafka-restore\.sh is not there\.$/],
    ['mysqld does not answer', 'mysql/bin/mysql', 'TopicsIncomplete', /the topics in RonDB cannot be read/],
  ] as const)('fails when %s', async (_, lost, name, sentence) => {
    const node = await givenHopsworks();
    node.remove(lost);

    const { code, last } = await node.run(SCRIPT, { prefix });

    expect(code).toBe(exitCodeOf(name));
    expect(last).toMatch(sentence);
  });
});
