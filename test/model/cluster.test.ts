import { describe, expect, it } from 'vitest';
import { clusterSchema } from '../../model/cluster.ts';

const minimal = { name: 'north', rondb: { connectString: 'mgmd:1186' } };

describe('a cluster description', () => {
  it('finds its instances by default under the cluster tag of its own name and the role tags', () => {
    expect(clusterSchema.parse(minimal).tags).toEqual({
      cluster: { key: 'hopsworks:cluster', value: 'north' },
      head: { key: 'hopsworks:role', value: 'head' },
      rondb: { key: 'hopsworks:role', value: 'rondb' },
    });
  });

  it('keeps the tags that it names', () => {
    const cluster = clusterSchema.parse({ ...minimal, tags: { cluster: { key: 'Name', value: 'x' }, rondb: { key: 'ndb', value: '1' } } });

    expect(cluster.tags).toMatchObject({
      cluster: { key: 'Name', value: 'x' },
      rondb: { key: 'ndb', value: '1' },
      head: { value: 'head' },
    });
  });

  it('may point at its schema, which says nothing about the cluster', () => {
    expect(clusterSchema.parse({ $schema: './schema.json', ...minimal })).not.toHaveProperty('$schema');
  });

  it.each(['h', 'h:1186', 'a.b.c:1186,d:1187', '10.0.0.10'])('accepts the connect string %j', (connectString) => {
    expect(clusterSchema.parse({ ...minimal, rondb: { connectString } }).rondb.connectString).toBe(connectString);
  });

  it.each(['', ' h', 'h:', 'h:123456', 'h;id', 'h --help', '-h', '$(id)', 'h,', 'h\n'])(
    'refuses the connect string %j',
    (connectString) => {
      expect(clusterSchema.safeParse({ ...minimal, rondb: { connectString } }).success).toBe(false);
    },
  );

  it.each([
    ['an unknown key', { ...minimal, bucket: 'b' }],
    ['an unknown key below rondb', { ...minimal, rondb: { ...minimal.rondb, port: 1186 } }],
    ['an unknown role below tags', { ...minimal, tags: { hopsfs: { key: 'k', value: 'v' } } }],
    ['a tag without a value', { ...minimal, tags: { head: { key: 'k' } } }],
    ['an empty tag value', { ...minimal, tags: { head: { key: 'k', value: '' } } }],
    ['no name', { rondb: minimal.rondb }],
    ['no connect string', { name: 'north', rondb: {} }],
    ['a name that starts with a digit', { ...minimal, name: '1north' }],
    ['a name with a slash', { ...minimal, name: 'no/rth' }],
  ])('is refused with %s', (_what, cluster) => {
    expect(clusterSchema.safeParse(cluster).success).toBe(false);
  });
});
