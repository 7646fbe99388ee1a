import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PracticeNode } from '../cluster/cluster.ts';
import { installTool } from './tools.ts';

/** Kafka on a head node. */
export interface Kafka {
  /** Creates the topics that RonDB names. */
  createTopics(): Promise<void>;
  /** Partitions and replicas of each topic, in words. */
  topics(): Promise<Readonly<Record<string, string>>>;
  /** From now on these topics, and no others, want more replicas than there are brokers. */
  refuse(topics: readonly string[]): Promise<void>;
}

/** Installs a Kafka without topics on a head node; one broker. */
export async function installKafka({ directory }: Pick<PracticeNode, 'directory'>): Promise<Kafka> {
  const home = join(directory, 'kafka');
  const restore = join(home, 'bin', 'kafka-restore.sh');
  await rm(home, { recursive: true, force: true });
  for (const empty of ['bin', 'config', 'topics']) await mkdir(join(home, empty), { recursive: true });
  await installTool(join(home, 'bin', 'kafka-topics.sh'), new URL('kafka-topics.sh', import.meta.url));
  await writeFile(restore, restoreScript(directory, home), { mode: 0o755 });
  await writeFile(join(home, 'config', 'consumer.properties'), 'security.protocol=SSL\n');
  await writeFile(join(home, 'brokers'), '1\n');
  await writeFile(join(home, 'refuses'), '');
  return {
    async createTopics() {
      await promisify(execFile)(restore);
    },
    async topics() {
      const names = await readdir(join(home, 'topics'));
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(home, 'topics', name), 'utf8')])));
    },
    async refuse(topics) {
      await writeFile(join(home, 'refuses'), topics.map((topic) => `${topic}\n`).join(''));
    },
  };
}

/** As the real one: it skips topics whose configuration is unknown, and ends at the first that Kafka refuses. */
function restoreScript(directory: string, home: string): string {
  return `#!/usr/bin/env bash
set -e
${directory}/mysql/bin/mysql --no-defaults --user=root --socket=${directory}/mysql-cluster/mysql.sock \\
  -Ne 'SELECT topic_name, num_partitions, num_replicas FROM hopsworks.project_topics' | sed 's/\\t/,/g' >${home}/topics.csv
export KAFKA_OPTS="-Djava.security.auth.login.config=${home}/config/jaas.conf"
while IFS=, read -r topic partitions replicas; do
  if [[ $partitions == NULL || $replicas == NULL ]]; then
    echo "Skipping topic: $topic"
  else
    ${home}/bin/kafka-topics.sh --bootstrap-server kafka.service.consul:9091 \\
      --command-config ${home}/config/consumer.properties \\
      --topic "$topic" --replication-factor "$replicas" --partitions "$partitions" --if-not-exists --create
  fi
done <${home}/topics.csv
`;
}
