import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clusterFileSchema, readClusters } from '../../cdk/clusters.ts';

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

  it('may hold the schema of its files', () => {
    const folder = givenFolder({ 'schema.json': '{}', 'north.json': JSON.stringify({ $schema: './schema.json', name: 'north', rondb }) });

    expect(readClusters(folder).map(({ name }) => name)).toEqual(['north']);
  });

  it('is checked against the year that follows', () => {
    const schedules = [{ name: 'last', expression: 'cron(0 2 * * ? 2026-2027)' }];
    const folder = givenFolder({ 'north.json': JSON.stringify({ name: 'north', rondb, schedules }) });

    expect(readClusters(folder, new Date('2026-01-01T00:00:00Z'))).toHaveLength(1);
    expect(() => readClusters(folder, new Date('2028-01-01T00:00:00Z'))).toThrow(
      'schedules.0.expression: cron(0 2 * * ? 2026-2027) never runs',
    );
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
    [
      'parts that contradict each other',
      JSON.stringify({ name: 'north', rondb, objectives: { recoveryPointHours: 12 } }),
      ['objectives.recoveryPointHours: 12 hours cannot be met', 'limits.backupHours: '],
    ],
    [
      'a storage that HopsFS does not have',
      JSON.stringify({ name: 'north', rondb, hopsfs: { storage: 'tape' } }),
      ['hopsfs.storage: expected "s3" or "disks"'],
    ],
    ["another cluster's name", JSON.stringify({ name: 'south', rondb }), ['describes the cluster "south"']],
  ])('refuses a file with %s, naming file, field, what was found and what is allowed', (_what, text, parts) => {
    const folder = givenFolder({ 'north.json': text });

    const readThem = () => readClusters(folder);

    expect(readThem).toThrow(expect.objectContaining({ name: 'ClusterFileInvalid' }));
    for (const part of [join(folder, 'north.json'), ...parts]) expect(readThem).toThrow(part);
  });
});

describe('the files that ship with the project', () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`../../clusters/${file}`, import.meta.url), 'utf8'));
  const example = read('example.json');
  const schema = clusterFileSchema();

  it('describe the cluster "example"', () => {
    const [cluster] = readClusters(new URL('../../clusters', import.meta.url).pathname);

    expect(cluster).toMatchObject({ name: 'example', environment: { account: '111122223333' } });
  });

  it('hold the JSON schema of today (npm run schema writes it)', () => {
    expect(read('schema.json')).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('show every key in example.json, below its schema', () => {
    const keys = keysOf(schema as Schema);

    expect(keys).toEqual(expect.arrayContaining(['bucket.objectLock.mode', 'bucket.transitions.afterDays', 'schedules.timeZone']));
    expect(keys.filter((key) => !shownIn(example, key.split('.')))).toEqual([]);
    expect(example).toHaveProperty('$schema', './schema.json');
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** The paths of every key at any depth of a JSON schema; lists have none of their own. */
function keysOf({ properties = {}, items }: Schema): string[] {
  const own = Object.entries(properties).flatMap(([key, value]) => [key, ...keysOf(value).map((below) => `${key}.${below}`)]);
  return items ? keysOf(items) : own;
}

function shownIn(value: unknown, [key, ...below]: readonly string[]): boolean {
  if (key === undefined) return true;
  if (Array.isArray(value)) return value.some((item) => shownIn(item, [key, ...below]));
  return typeof value === 'object' && value !== null && key in value && shownIn(value[key as keyof typeof value], below);
}
