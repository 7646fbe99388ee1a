import { onTestFinished } from 'vitest';
import { createHopsworks, type Hopsworks } from '../../local/hopsworks/hopsworks.ts';
import { givenNode, type Parameters } from './given.ts';

/** What mysqld of {@link givenHopsworks} answers: the rows of each table, in the words of the queries. */
const tables = {
  projects: ['1\t{"doc_type":"proj","project_id":1,"name":"demo"}', '2\t{"doc_type":"proj","project_id":2,"name":"shop"}'],
  datasets: ['1\t{"doc_type":"ds","dataset_id":1,"project_id":1,"name":"Résumé"}'],
  topics: ['orders\t6\t1', 'clicks\t1\t1', 'unknown\tNULL\tNULL', 'views\t3\t1'],
};

/** A head node with Hopsworks on it, everything running and empty; RonDB holds two projects, a dataset, and three topics to create. */
export async function givenHopsworks() {
  const node = givenNode();
  const hopsworks = await createHopsworks({ blocks: 'none' });
  onTestFinished(() => hopsworks.stop());
  await hopsworks.deploy([
    {
      instanceId: 'i-0000000000000b001',
      name: 'head-1',
      roles: ['head'],
      directory: node.path(),
      environment: { HOPS_ROOT: node.path(), HOPS_DATA_ROOT: node.path() },
    },
  ]);
  for (const [table, rows] of Object.entries(tables)) node.write(table, rows.map((row) => `${row}\n`).join(''));
  const home = node.path();
  node.stub(
    'mysql',
    `case "$*" in
  *"'proj'"*) cat ${home}/projects ;;
  *"'ds'"*) cat ${home}/datasets ;;
  *COUNT*hopsworks.project*) wc -l <${home}/projects ;;
  *num_replicas\\ FROM*) cat ${home}/topics ;;
  *topic_name\\ FROM*NOT\\ NULL*) sed '/NULL/d; s/\\t.*//' ${home}/topics ;;
  *) echo "ERROR 1064 (42000): $*" >&2; exit 1 ;;
esac`,
  );
  // Nothing here needs time to start or to stop.
  node.stub('sleep', 'true');
  const { openSearch } = hopsworks.settings;
  const given = { searchUrl: openSearch.url, credentialsFile: openSearch.credentialsFile, hopsworksUrl: openSearch.featureStore.url };
  // The bucket of the stub refuses what does not ask whether the object is there; restores write where that is not so.
  const environment = { PATH: `${node.path('bin')}:${node.path('path')}:/usr/bin:/bin`, AWS_CLI: 'old' };
  return {
    ...node,
    hopsworks,
    given,
    run: (script: string, more: Parameters = {}) => node.run(script, { ...given, ...more }, environment),
    start: (script: string, more: Parameters = {}) => node.start(script, { ...given, ...more }, environment),
    /** Asks OpenSearch for its index, as an administrator. */
    async search(method: 'PUT' | 'DELETE', body?: object): Promise<void> {
      const authorization = `Basic ${btoa(/"(.*)"/.exec(node.read('open-search.curl'))?.[1] ?? '')}`;
      const { ok } = await fetch(`${openSearch.url}/projects`, {
        method,
        headers: { authorization },
        body: body ? JSON.stringify(body) : null,
      });
      if (!ok) throw new Error(`OpenSearch refused ${method}`);
    },
    unit: async (unit: string) => (await hopsworks.fingerprint())[`unit ${unit} on head-1`],
    found: (kind: string) => entries(hopsworks, kind),
  };
}

/** What there is of a kind in the fingerprint: names without the kind. */
async function entries(hopsworks: Hopsworks, kind: string): Promise<string[]> {
  const names = Object.keys(await hopsworks.fingerprint());
  return names.flatMap((name) => (name.startsWith(`${kind} `) ? [name.slice(kind.length + 1)] : [])).sort();
}
