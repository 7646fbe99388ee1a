import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { publisher } from '../../lambdas/metrics.ts';
import { sealBackup } from '../../lambdas/seal-backup/seal-backup.ts';
import { watchBackups } from '../../lambdas/watch-backups/watch-backups.ts';
import { layout } from '../../model/layout.ts';
import { CLUSTER, completedText, completion, HEAD, manifest, objectsOfBackup, pack, START_TIME, sha256 } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';
import { showText } from '../fixtures/inspection.ts';
import { givenCluster, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

const cluster = givenCluster({ name: CLUSTER, objectives: { verificationDays: 8 } });
let template: Template;
let published: string[];
beforeAll(async () => {
  template = synthesizeCluster(cluster);
  published = await metricsOf(async () => {
    const bucket = memoryBucket(objectsOfBackup(manifest()));
    const verified = { cluster: CLUSTER, depth: 'database', verdict: 'intact', startedAt: START_TIME };
    await bucket.put(layout.lastVerification(CLUSTER, 'database'), JSON.stringify(verified));
    await sealBackup(sealInput(), bucket, publisher(CLUSTER), () => new Date(START_TIME));
    await watchBackups({ cluster: CLUSTER, schedules: cluster.schedules, graceDays: 21, bucket, publish: publisher(CLUSTER) }, new Date());
  });
});

/** What SealBackup is given after the steps before it. */
function sealInput() {
  const { plan, receipts, metadata, versions } = manifest();
  const report = { output: pack(completedText(completion())), show: pack(showText(plan.dataNodes)) };
  return {
    plan,
    metadata: [{ instanceId: HEAD, answer: { files: metadata, users: 3, versions } }],
    completion: [{ instanceId: HEAD, answer: report }],
    uploads: receipts.map((own) => {
      const node = { nodeId: own.nodeId, receiptSha256: sha256(JSON.stringify(own)), files: own.files.length, bytes: 1, sentBytes: 1 };
      return { instanceId: own.instanceId, answer: { nodes: [node] } };
    }),
    storages: [],
  };
}

/** The metrics that CloudWatch makes of what is printed meanwhile: `namespace{dimensions} name`. */
async function metricsOf(act: () => Promise<void>): Promise<string[]> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  let lines: string[];
  try {
    await act();
  } finally {
    lines = write.mock.calls.flatMap(([text]) => String(text).split('\n')).filter((line) => line.startsWith('{'));
    write.mockRestore();
  }
  const found = lines.flatMap((line) => {
    const { _aws, ...values } = JSON.parse(line);
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
    expect(values.Cluster).toBe(CLUSTER);
    return Metrics.map(({ Name }: { Name: string }) => `${Namespace}{${Dimensions[0].join()}} ${Name}`);
  });
  return [...new Set(found)].sort();
}

const propertiesOf = (type: string) => [...resourcesOf(template, type).values()].map(({ Properties }) => Properties);

describe('the metrics of the Lambdas', () => {
  it('are all shown in the dashboard, which shows no others', () => {
    const text = JSON.stringify(propertiesOf('AWS::CloudWatch::Dashboard')).replaceAll('\\', '');

    const single = [...text.matchAll(/\["(HopsworksDR)","(\w+)","(\w+)","example"(?:,"(\w+)","\w+")?/g)].map(
      ([, space, name, ...keys]) => `${space}{${keys.filter(Boolean)}} ${name}`,
    );
    const searched = [...text.matchAll(/SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" Cluster="example"'/g)].map(
      ([, space, keys, name]) => `${space}{${keys}} ${name}`,
    );

    expect(searched).toEqual(['HopsworksDR{Cluster,Node} NodeBytes']);
    expect([...new Set([...single, ...searched])].sort()).toEqual(published);
  });

  it('are what the alarms on the bucket watch', () => {
    const own = propertiesOf('AWS::CloudWatch::Alarm').filter(({ Namespace }) => Namespace === 'HopsworksDR');
    const names = (dimensions: { Name: string }[]) => dimensions.map(({ Name }) => Name);

    const watched = own.map(({ Namespace, MetricName, Dimensions }) => `${Namespace}{${names(Dimensions)}} ${MetricName}`);

    expect(watched).toHaveLength(4);
    expect(published).toEqual(expect.arrayContaining(watched));
    expect(new Set(own.map(({ Dimensions: [{ Value }] }) => Value))).toEqual(new Set([CLUSTER]));
  });
});
