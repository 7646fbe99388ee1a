import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { beginStory } from './story.ts';

const path = process.env.PATH ?? '';
const found = inject('installedPath')
  .split(delimiter)
  .map((directory) => join(directory, 'aws'))
  .filter(existsSync);
/** One path for each, although /bin may be another name of /usr/bin. */
const all = [...new Map(found.map((cli) => [realpathSync(cli), cli])).values()];
/** The first one is what every other test runs, kept loaded. */
const clis = all.length > 1 ? all.slice(1) : all;

describe('backup and restore', { timeout: 300_000 }, () => {
  afterEach(() => {
    process.env.PATH = path;
  });

  it.each(clis.map((cli) => [execFileSync(cli, ['--version'], { encoding: 'utf8' }).split(' ')[0], cli]))(
    'work with %s',
    async (_version, cli) => {
      process.env.PATH = `${dirname(cli)}${delimiter}${path}`;
      const story = await beginStory({ nodes: 2, rows: 200, rondbHome: undefined });
      try {
        await story.backup();
        await story.drill.cluster.destroy();
        await story.restore({ backup: 'latest', confirm: drillCluster });

        expect((await story.verdict()).differences).toEqual([]);
      } finally {
        await story.drill.close();
      }
    },
  );
});
