import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readClusters } from '../../cdk/clusters.ts';

const rondb = { connectString: 'mgmd:1186' };

function givenFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopsdr-clusters-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('the folder of clusters', () => {
  it('holds one cluster in each JSON file, in order of their names', () => {
    const folder = givenFolder({
      'south.json': JSON.stringify({ name: 'south', rondb }),
      'north.json': JSON.stringify({ name: 'north', rondb }),
      'README.md': 'not a cluster',
    });

    expect(readClusters(folder).map(({ name }) => name)).toEqual(['north', 'south']);
  });

  it('that ships with the project can be read', () => {
    expect(readClusters(new URL('../../clusters', import.meta.url).pathname).map(({ name }) => name)).toContain('example');
  });

  it.each([
    [
      'a wrong value',
      JSON.stringify({ name: 'north', rondb: { connectString: 'a b' } }),
      ['rondb.connectString: expected host:port', '(found "a b")'],
    ],
    ['an unknown key', JSON.stringify({ name: 'north', rondb, nodes: 2 }), ['Unrecognized key: nodes; allowed are', 'rondb', 'tags']],
    ['a missing key', JSON.stringify({ name: 'north' }), ['rondb: ']],
    ['text that is not JSON', '{name: north}', ['is not JSON']],
    ["another cluster's name", JSON.stringify({ name: 'south', rondb }), ['describes the cluster "south"']],
  ])('refuses a file with %s, naming file, field, what was found and what is allowed', (_what, text, parts) => {
    const folder = givenFolder({ 'north.json': text });

    const readThem = () => readClusters(folder);

    expect(readThem).toThrow(expect.objectContaining({ name: 'ClusterFileInvalid' }));
    for (const part of [join(folder, 'north.json'), ...parts]) expect(readThem).toThrow(part);
  });
});
