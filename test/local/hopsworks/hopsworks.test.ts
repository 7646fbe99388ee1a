import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../../local/cluster/rondb.ts';
import { createStandInCluster } from '../../../local/cluster/stand-in.ts';
import { createHopsworks, type Hopsworks } from '../../../local/hopsworks/hopsworks.ts';
import { createScripts } from '../../nodes/scripts.ts';
import { rondbHome } from '../../rondb-home.ts';

const PROJECTS = 100;
const units = 'glassfish-domain1+onlinefs+epipe';

describe.each([
  { kind: 'the stand-in', home: undefined, absent: false },
  { kind: 'a real RonDB', home: rondbHome, absent: rondbHome === undefined },
])('Hopsworks of a practice cluster, on $kind', { timeout: 120_000 }, ({ home, absent }) => {
  describe.skipIf(absent)('with what RonDB holds', () => {
    let directory: string;
    let cluster: PracticeCluster;
    let hopsworks: Hopsworks;
    let scripts: ReturnType<typeof createScripts>;
    const head = () => cluster.nodes[0] as PracticeNode;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dr-'));
      const place = { directory: join(directory, 'c'), dataNodes: 1 };
      cluster = home ? await createRondbCluster({ rondbHome: home, ...place }) : await createStandInCluster(place);
      await cluster.start();
      await cluster.load(1000);
      hopsworks = await createHopsworks({ blocks: 'none' });
      await hopsworks.deploy(cluster.nodes);
      await hopsworks.load();
      const stubs = new URL('../../nodes/stubs', import.meta.url).pathname;
      scripts = createScripts(cluster, directory, {
        PATH: `${head().directory}/bin:${stubs}:${process.env.PATH}`,
        BUCKET: join(directory, 'bucket'),
        AWS_LOG: join(directory, 'aws.log'),
        AWS_CLI: 'old',
      });
    }, 300_000);

    afterAll(async () => {
      await hopsworks?.stop();
      await cluster?.stop();
      await rm(directory, { recursive: true });
    });

    const given = () => {
      const { openSearch } = hopsworks.settings;
      return { searchUrl: openSearch.url, credentialsFile: openSearch.credentialsFile, prefix: 'practice/restores/north-1', units };
    };
    const restoreFeatureStore = () => {
      const { url, credentialsFile } = hopsworks.settings.openSearch.featureStore;
      return scripts.run([head()], 'ReindexFeatureStore', { hopsworksUrl: url, credentialsFile });
    };

    it('has a document for each project and dataset, a topic for each row that names one, and runs', async () => {
      const fingerprint = await hopsworks.fingerprint();

      const names = Object.keys(fingerprint);
      expect(names.filter((name) => name.startsWith('document project-'))).toHaveLength(PROJECTS);
      expect(JSON.parse(fingerprint['document project-7'] ?? '')).toMatchObject({ doc_type: 'proj', project_id: 7, name: 'project7' });
      expect(JSON.parse(fingerprint['document dataset-7'] ?? '')).toMatchObject({ doc_type: 'ds', dataset_id: 7, name: 'Résumé 7' });
      expect(names.filter((name) => name.startsWith('topic '))).toHaveLength(PROJECTS);
      expect(fingerprint).toMatchObject({ 'topic topic-7': '2 partitions, 1 replicas\n', 'unit epipe on head-1': 'active' });
    });

    it('is lost in a disaster, and comes back by the scripts of the restore', async () => {
      const before = await hopsworks.fingerprint();
      await hopsworks.deploy(cluster.nodes);
      const lost = await hopsworks.fingerprint();

      await scripts.run([head()], 'StopServices', given());
      const stopped = await hopsworks.fingerprint();
      const [search] = await scripts.run([head()], 'ReindexOpenSearch', given());
      const [kafka] = await scripts.run([head()], 'RecreateKafkaTopics', given());
      await scripts.run([head()], 'StartServices', given());
      await restoreFeatureStore();

      expect(Object.keys(lost).filter((name) => /^(document|topic) /.test(name))).toEqual([]);
      expect(lost['feature store']).toBe('cannot be searched');
      expect(stopped).toMatchObject({ 'unit onlinefs on head-1': 'inactive', 'unit epipe on head-1': 'inactive' });
      expect(search).toMatchObject({ documents: Object.keys(before).filter((name) => name.startsWith('document ')).length });
      expect(kafka).toEqual({ topics: PROJECTS, created: PROJECTS });
      expect(await hopsworks.fingerprint()).toEqual(before);
    });

    // The stand-in has an answer for each query of the scripts, and no SQL engine.
    if (home === undefined) return;
    describe('as an SQL engine finds it', () => {
      const sql = (statement: string) =>
        promisify(execFile)(`${head().directory}/mysql/bin/mysql`, [
          '--no-defaults',
          '--user=root',
          `--socket=${head().directory}/mysql-cluster/mysql.sock`,
          `-e${statement}`,
        ]);

      it.each([
        ['all projects where HopsFS has no directory of projects', 'DO 0', PROJECTS],
        [
          'only projects with a directory in HopsFS',
          `INSERT INTO hops.hdfs_inodes (partition_id, parent_id, name, id, is_dir) VALUES (1, 1, 'Projects', 900001, b'1'),
            (900001, 900001, 'project1', 900002, b'1'), (900001, 900001, 'Project2', 900003, b'1'), (900001, 5, 'project3', 900004, b'1')`,
          2,
        ],
      ])('counts %s', async (_, statement, count) => {
        const epipe = join(head().directory, 'epipe/bin/epipe');
        const original = await readFile(epipe);
        await sql(statement);
        await writeFile(epipe, '#!/bin/sh\n');

        const indexed = scripts.run([head()], 'ReindexOpenSearch', given());

        await expect(indexed).rejects.toThrow(`index projects has 0 of ${count} projects`);
        await writeFile(epipe, original);
      });

      it('leaves out topics of which the configuration is unknown', async () => {
        await hopsworks.deploy(cluster.nodes);
        await sql("UPDATE hopsworks.project_topics SET num_replicas = NULL WHERE topic_name = 'topic-7'");

        const [kafka] = await scripts.run([head()], 'RecreateKafkaTopics', given());

        expect(kafka).toEqual({ topics: PROJECTS - 1, created: PROJECTS - 1 });
        expect(await hopsworks.fingerprint()).not.toHaveProperty(['topic topic-7']);
      });
    });
  });
});

describe('Hopsworks of a practice cluster', () => {
  // That each failure is one, and can be repaired, is proven where a script meets it: test/nodes.
  it('cannot be filled before it is deployed, nor deployed to nothing', async () => {
    const hopsworks = await createHopsworks({ blocks: 'none' });
    onTestFinished(() => hopsworks.stop());

    await expect(hopsworks.deploy([])).rejects.toThrow('there is no node to deploy to');
    await expect(hopsworks.load()).rejects.toThrow('Hopsworks was never deployed');
  });

  it('has the blocks of HopsFS on the disks of datanodes, and their units', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dr-'));
    const cluster = await createStandInCluster({ directory: join(directory, 'c'), dataNodes: 1, heads: 2, hopsfs: 2 });
    const hopsworks = await createHopsworks({ blocks: 'disks' });
    onTestFinished(async () => {
      await Promise.all([hopsworks.stop(), cluster.stop()]);
      await rm(directory, { recursive: true });
    });
    await cluster.start();
    await cluster.load(100);
    await hopsworks.deploy(cluster.nodes);

    const empty = await hopsworks.fingerprint();
    await hopsworks.load();
    const full = await hopsworks.fingerprint();

    const blocks = (fingerprint: object) => Object.keys(fingerprint).filter((name) => name.startsWith('block '));
    expect(hopsworks.settings.hopsfs).toEqual({ storage: 'disks' });
    expect(blocks(empty)).toEqual([]);
    expect(blocks(full)).toHaveLength(100);
    expect(full).toMatchObject({
      'unit namenode on head-1': 'active',
      'unit namenode on head-2': 'active',
      'unit datanode on hopsfs-2': 'active',
      'unit rdrs on rondb-1': 'active',
    });
    expect(full).not.toHaveProperty(['unit epipe on head-2']);
  });
});
