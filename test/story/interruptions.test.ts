import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStandInCluster } from '../../local/cluster/stand-in.ts';
import { drillCluster } from '../../local/drill/drill.ts';
import { startPipeline } from '../../local/pipeline.ts';
import { clusterSchema } from '../../model/cluster.ts';
import { rondbHome } from '../rondb-home.ts';
import { openBucketOf } from './bucket.ts';
import { killGroups, processesWith } from './processes.ts';
import { beginStory, type Story } from './story.ts';

const manifests = (keys: string[]) => keys.filter((key) => key.endsWith('/manifest.json'));

describe('a node script killed with kill -9', { timeout: 300_000 }, () => {
  let story: Story;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows: 1000, rondbHome: undefined });
  }, 300_000);
  afterAll(() => story?.drill.close());

  /** Kills what runs of a document on its first node as soon as it has begun there. */
  function killOnce(document: string): void {
    const unsubscribe = story.pipeline.ssm.onInvocation(({ documentName, status, directory }) => {
      if (!documentName.endsWith(document) || status !== 'InProgress') return;
      unsubscribe();
      const poll = setInterval(() => {
        const running = processesWith(directory);
        if (running.length === 0) return;
        clearInterval(poll);
        killGroups(running);
      }, 100);
    });
  }

  const killed = { name: 'NodeFailed', message: expect.stringMatching(/failed on i-[0-9a-f]+/) };

  /** Runs an execution to its end, redriven each time after one of these scripts was killed, the next time another one. */
  async function killInTurn(
    machine: 'backup' | 'restore',
    request: object,
    scripts: readonly string[],
    afterKill = async (_next: string | undefined) => {},
  ): Promise<unknown> {
    const [first = '', ...others] = scripts;
    killOnce(first);
    const executionArn = await story.pipeline.start(machine, { cluster: drillCluster, ...request });
    for (const next of [...others, undefined]) {
      await expect(story.pipeline.finish(executionArn)).rejects.toMatchObject(killed);
      await afterKill(next);
      if (next) killOnce(next);
      story.pipeline.engine.redriveExecution(executionArn);
    }
    return await story.pipeline.finish(executionArn);
  }

  it('at each step of a backup in turn leaves no manifest, and a redrive goes on where it stood', async () => {
    const { keys } = openBucketOf(story.pipeline);
    const scripts = ['dump-metadata', 'upload-rondb-backup', 'remove-local-backup'];

    const output = await killInTurn('backup', {}, scripts, async (next) => {
      expect(manifests(await keys())).toHaveLength(next === undefined ? 1 : 0);
    });

    expect(output).toMatchObject({ nodes: 2 });
  });

  it('during the native backup leaves no manifest, and the next backup needs no hand', async () => {
    const { keys } = openBucketOf(story.pipeline);
    const before = manifests(await keys());
    killOnce('start-rondb-backup');
    await expect(story.backup()).rejects.toMatchObject(killed);
    expect(manifests(await keys())).toEqual(before);

    const { backupId } = await story.backup();

    expect(manifests(await keys())).toEqual([...before, `${drillCluster}/backups/${backupId}/manifest.json`]);
  });

  it('while it follows the native backup costs time, not the backup', async () => {
    killOnce('follow-rondb-backup');

    expect(await story.backup()).toMatchObject({ nodes: 2 });
  });

  it('at each step of a restore in turn does not keep the next one, or a redrive, from bringing everything back', async () => {
    await story.drill.cluster.destroy();
    const request = { backup: 'latest', confirm: drillCluster };
    for (const script of ['restore-rondb-schema', 'restore-rondb-data', 'restore-users']) {
      killOnce(script);
      await expect(story.restore(request)).rejects.toMatchObject(killed);
    }

    await killInTurn('restore', request, ['download-rondb-backup', 'rebuild-rondb-indexes']);

    expect((await story.verdict()).differences).toEqual([]);
  });

  it('is not started by a command that comes while everything is being stopped', async () => {
    const { ssm } = story.pipeline;
    const { api } = ssm;
    const invocations = new Map<string, string>();
    ssm.onInvocation(({ directory, status }) => invocations.set(directory, status));
    const sending = new Promise<[Promise<void>, Promise<unknown>]>((resolve) => {
      const slowly: typeof api = async (operation, body) => {
        if (operation !== 'SendCommand') return await api(operation, body);
        const sent = delay(200).then(() => api(operation, body));
        resolve([story.drill.close(), sent]);
        return await sent;
      };
      Object.assign(ssm, { api: slowly });
    });
    await story.pipeline.start('backup', { cluster: drillCluster });

    await Promise.all(await sending);

    expect(new Set(invocations.values())).toEqual(new Set(['Cancelled']));
    expect(processesWith(story.drill.directory)).toEqual([]);
    expect(existsSync(story.drill.directory)).toBe(false);
  });
});

describe.each([rondbHome ? { kind: 'a real cluster', home: rondbHome } : { kind: 'the stand-in', home: undefined }])(
  'the drill on $kind',
  { timeout: 300_000 },
  ({ home }) => {
    let directory: string;
    let drill: ChildProcess;
    let output: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'int-'));
      output = '';
      const { RONDB_HOME: _, ...environment } = process.env;
      drill = spawn(process.execPath, ['--import', 'tsx', 'local/drill/main.ts', '--scenario', 'rondb-alone', '--rows', '500'], {
        env: { ...environment, TMPDIR: directory, ...(home && { RONDB_HOME: home }) },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      for (const stream of [drill.stdout, drill.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
      }
    });
    afterEach(() => {
      killGroups(processesWith(directory));
      rmSync(directory, { recursive: true, force: true });
    });

    async function until(text: string): Promise<void> {
      while (!output.includes(text)) {
        if (drill.exitCode !== null) throw new Error(`The drill ended before it said "${text}":\n${output}`);
        await delay(100);
      }
    }

    it('stops everything it started, and removes it, at Ctrl-C', async () => {
      await until('DumpMetadata');

      process.kill(drill.pid as number, 'SIGINT');
      const [status] = await once(drill, 'close');

      expect(status, output).toBe(130);
      expect(processesWith(directory)).toEqual([]);
      expect(readdirSync(directory).filter((name) => name.startsWith('hopsdr-'))).toEqual([]);
    });
  },
);

describe('an engine killed with kill -9 in the middle of a backup', { timeout: 300_000 }, () => {
  it('leaves no manifest, and a backup started afterwards is complete', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'int-'));
    const { RONDB_HOME: _, ...environment } = process.env;
    const drill = spawn(process.execPath, ['--import', 'tsx', 'local/drill/main.ts', '--scenario', 'rondb-alone', '--rows', '500'], {
      env: { ...environment, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    for await (const chunk of drill.stdout) {
      if (String(chunk).includes('StartRondbBackup')) break;
    }
    process.kill(drill.pid as number, 'SIGKILL');
    await once(drill, 'close');
    const [work = ''] = readdirSync(directory).filter((name) => name.startsWith('hopsdr-'));
    const place = join(directory, work);
    const cluster = await createStandInCluster({ directory: join(place, 'nodes'), dataNodes: 2 });
    const { tags } = clusterSchema.parse({ name: drillCluster, rondb: { connectString: '127.0.0.1:1' } });
    const pipeline = await startPipeline({
      ...{ assembly: join(place, 'cdk.out'), nodes: cluster.nodes, tags, directory: place },
    });
    const { keys } = openBucketOf(pipeline);
    const begun = await keys();

    const sealed = await pipeline.finish(await pipeline.start('backup', { cluster: drillCluster }));

    expect(manifests(begun)).toEqual([]);
    expect(begun.length).toBeGreaterThan(0);
    expect(manifests(await keys())).toEqual([(sealed as { manifest: string }).manifest]);
    await pipeline.stop();
    killGroups(processesWith(directory));
    rmSync(directory, { recursive: true, force: true });
  });
});
