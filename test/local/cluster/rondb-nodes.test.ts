import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allNodes, layOutNodes, loseNodes } from '../../../local/cluster/rondb-nodes.ts';

const shape = { dataNodes: 2, firstNodeId: 1, heads: 1, hopsfs: 0 };

describe('the nodes of a practice cluster', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hopsdr-nodes-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const put = async (...paths: string[]) => {
    for (const path of paths) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), '');
    }
  };
  const isThere = (path: string) => existsSync(join(directory, path));

  it('are heads, then data nodes by their RonDB node ids, then datanodes of HopsFS, each an instance of its own', () => {
    const nodes = allNodes(layOutNodes(directory, { dataNodes: 2, firstNodeId: 3, heads: 2, hopsfs: 2 }));

    expect(nodes.map(({ name }) => name)).toEqual(['head-1', 'head-2', 'rondb-3', 'rondb-4', 'hopsfs-1', 'hopsfs-2']);
    expect(nodes.flatMap(({ roles }) => roles)).toEqual(['head', 'head', 'rondb', 'rondb', 'hopsfs', 'hopsfs']);
    expect(new Set(nodes.map(({ instanceId }) => instanceId)).size).toBe(6);
  });

  it('lose in a disaster all but their logs', async () => {
    const before = layOutNodes(directory, { ...shape, heads: 2, hopsfs: 2 });
    const lost = ['head-1/systemd/epipe', 'hopsfs-1/data/dn/VERSION', 'head-2/ssm/out', 'hopsfs-2/data/dn/VERSION'];
    const logs = ['head-1/ssm/out', 'hopsfs-1/ssm/out', 'rondb-1/mysql-cluster/log/ndb.log'];
    await put(...lost, ...logs, 'rondb-2/mysql/bin/ndb_mgm');

    await loseNodes(before, layOutNodes(directory, { ...shape, hopsfs: 1 }));

    expect(lost.filter(isThere)).toEqual([]);
    expect(logs.filter((path) => !isThere(path))).toEqual([]);
    expect(['head-2', 'hopsfs-2'].filter(isThere)).toEqual([]);
  });

  it.each([
    [{ heads: 0 }, 'has 1 or 2 heads, not 0'],
    [{ heads: 3 }, 'has 1 or 2 heads, not 3'],
    [{ dataNodes: 3 }, 'has 1, 2 or 4 data nodes, not 3'],
  ])('cannot be %j', (wrong, message) => {
    expect(() => layOutNodes(directory, { ...shape, ...wrong })).toThrow(message);
  });
});
