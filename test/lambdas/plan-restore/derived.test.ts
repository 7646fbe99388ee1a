import { describe, expect, it } from 'vitest';
import { planDerived } from '../../../lambdas/plan-restore/derived.ts';
import { openSearchSchema } from '../../../model/open-search.ts';
import { HEAD } from '../../fixtures/backup.ts';
import { notebook } from './given.ts';

const SECOND = 'i-0000000000000000b';
const head = (instanceId: string, ...tools: ('hdfs' | 'epipe' | 'kafka')[]) => ({ instanceId, tools, deletionDelaySeconds: null });

describe('where OpenSearch and Kafka are built anew', () => {
  const featureStore = { url: 'https://127.0.0.1:8182', credentialsFile: '/etc/hopsworks.curl' };

  it('is the first head with the tool, as the cluster file describes the services', () => {
    const { notes, refused } = notebook();
    const openSearch = openSearchSchema.parse({ index: 'docs', credentialsFile: '/etc/search.curl', featureStore });

    const derived = planDerived({ openSearch, kafka: true }, [head(HEAD, 'kafka'), head(SECOND, 'epipe', 'kafka')], notes);

    expect(derived).toEqual({
      searchInstance: SECOND,
      searchUrl: 'https://127.0.0.1:9200',
      searchIndex: 'docs',
      searchCredentials: '/etc/search.curl',
      kafkaInstance: HEAD,
      hopsworksUrl: featureStore.url,
      hopsworksCredentials: featureStore.credentialsFile,
    });
    expect(refused).toEqual([]);
  });

  it('is nowhere when the cluster file leaves them out', () => {
    const { notes, refused } = notebook();

    const derived = planDerived({ openSearch: null, kafka: false }, [head(HEAD, 'epipe', 'kafka')], notes);

    expect(derived).toMatchObject({
      searchInstance: '',
      kafkaInstance: '',
      hopsworksUrl: '',
      searchCredentials: 'none',
      hopsworksCredentials: 'none',
    });
    expect(refused).toEqual([]);
  });

  it('is refused without the tools, naming the setting for clusters that have none', () => {
    const { notes, refused } = notebook();

    planDerived({ openSearch: openSearchSchema.parse({}), kafka: true }, [head(HEAD, 'hdfs')], notes);

    expect(refused).toEqual([
      { name: 'ToolMissing', message: expect.stringMatching(/reindex-epipe\.sh.*"openSearch": null/) },
      { name: 'ToolMissing', message: expect.stringMatching(/kafka-restore\.sh.*"kafka": false/) },
    ]);
  });
});
