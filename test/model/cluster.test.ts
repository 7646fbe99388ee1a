import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { clusterSchema } from '../../model/cluster.ts';
import { servicesSchema } from '../../model/units.ts';

const minimal = { name: 'north', rondb: { connectString: 'mgmd:1186' } };

function problems(cluster: unknown): string[] {
  return (clusterSchema.safeParse(cluster).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a cluster description', () => {
  it('needs no more than a name and the connect string of RonDB', () => {
    expect(clusterSchema.parse(minimal)).toEqual({
      ...minimal,
      rondb: { connectString: 'mgmd:1186', uploadMegabytesPerSecond: null },
      tags: {
        cluster: { key: 'hopsworks:cluster', value: 'north' },
        head: { key: 'hopsworks:head', value: 'true' },
        rondb: { key: 'hopsworks:rondb', value: 'true' },
        hopsfs: { key: 'hopsworks:hopsfs', value: 'true' },
      },
      services: servicesSchema.parse({}),
      openSearch: { url: 'https://127.0.0.1:9200', index: 'projects' },
      kafka: true,
      encryptionPasswordFile: '/srv/hops/certs-dir/encryption_master_password',
      schedules: [{ name: 'nightly', expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', flexibleMinutes: 15, enabled: true }],
      verifications: [],
      retention: { daily: 7, weekly: 4, monthly: 12, minimum: 3, keep: [], release: [] },
      debris: { remove: false, graceDays: 21 },
      objectives: { recoveryPointHours: 26, verificationDays: null },
      limits: { backupHours: 24, restoreHours: 46 },
      bucket: { noncurrentDays: 30, abortUploadsAfterDays: 7, transitions: [] },
      notifications: { emails: [], urls: [], runbook: 'docs/runbook.md' },
      logs: { retentionDays: 180 },
    });
  });

  it('may be parsed again, filled in', () => {
    const cluster = clusterSchema.parse(minimal);

    expect(clusterSchema.parse(cluster)).toEqual(cluster);
  });

  it('keeps the tags that it names', () => {
    const cluster = clusterSchema.parse({ ...minimal, tags: { cluster: { key: 'Name', value: 'x' }, rondb: { key: 'ndb', value: '1' } } });

    expect(cluster.tags).toMatchObject({
      cluster: { key: 'Name', value: 'x' },
      rondb: { key: 'ndb', value: '1' },
      head: { value: 'true' },
    });
  });

  it('may point at its schema, which says nothing about the cluster', () => {
    expect(clusterSchema.parse({ $schema: './schema.json', ...minimal })).not.toHaveProperty('$schema');
  });

  it('explains every key to editors, and names its default where there is one', () => {
    const properties = propertiesOf(z.toJSONSchema(clusterSchema, { io: 'input' }));

    expect(properties.length).toBeGreaterThan(50);
    expect(properties.filter(({ description }) => !description)).toEqual([]);
    expect(
      properties.filter(
        ({ description = '', type, default: value }) => value !== undefined && type !== 'object' && !/Default: /.test(description),
      ),
    ).toEqual([]);
  });

  it.each(['h', 'h:1186', 'a.b.c:1186,d:1187', '10.0.0.10'])('accepts the connect string %j', (connectString) => {
    expect(clusterSchema.parse({ ...minimal, rondb: { connectString } }).rondb.connectString).toBe(connectString);
  });

  it.each(['', ' h', 'h:', 'h:123456', 'h;id', 'h --help', '-h', '$(id)', 'h,', 'h\n'])(
    'refuses the connect string %j',
    (connectString) => {
      expect(problems({ ...minimal, rondb: { connectString } })).toEqual([
        expect.stringMatching(/^rondb\.connectString: expected host:port/),
      ]);
    },
  );

  it.each([
    ['an unknown key', { bucketName: 'b' }, ': Unrecognized key: "bucketName"'],
    ['an unknown key below rondb', { rondb: { ...minimal.rondb, port: 1186 } }, 'rondb: Unrecognized'],
    ['an unknown role below tags', { tags: { kafka: { key: 'k', value: 'v' } } }, 'tags: Unrecognized'],
    ['a tag without a value', { tags: { head: { key: 'k' } } }, 'tags.head.value'],
    ['an empty tag value', { tags: { head: { key: 'k', value: '' } } }, 'tags.head.value: expected 1 to 256 letters'],
    ['a tag that is a pattern', { tags: { head: { key: 'k', value: '*' } } }, 'tags.head.value: expected 1 to 256 letters'],
    ['no name', { name: undefined }, 'name'],
    ['no connect string', { rondb: {} }, 'rondb.connectString'],
    ['a name that starts with a digit', { name: '1north' }, 'name: expected a cluster name'],
    ['a name with a slash', { name: 'no/rth' }, 'name: expected a cluster name'],
    [
      'an account of 11 digits',
      { environment: { account: '11112222333', region: 'eu-north-1' } },
      'environment.account: expected an AWS account',
    ],
    ['an account that is a number', { environment: { account: 111122223333, region: 'eu-north-1' } }, 'environment.account'],
    [
      'an availability zone',
      { environment: { account: '111122223333', region: 'eu-north-1a' } },
      'environment.region: expected an AWS region',
    ],
    ['half an environment', { environment: { account: '111122223333' } }, 'environment.region'],
    ['blocks on disks and in a bucket', { hopsfs: { storage: 'disks', bucket: 'blocks' } }, 'hopsfs: Unrecognized key: "bucket"'],
    [
      'blocks below a relative path',
      { hopsfs: { storage: 'disks', dataDirectories: ['srv/dn'] } },
      'hopsfs.dataDirectories.0: expected an absolute path',
    ],
    [
      'a unit that could be an option',
      { services: { stop: [{ role: 'head', units: ['--all'] }] } },
      'services.stop.0.units.0: expected the name of a systemd unit',
    ],
    ['a phase of no known role', { services: { start: [{ role: 'kafka', units: ['kafka'] }] } }, 'services.start.0.role'],
    [
      'an OpenSearch with a password in its URL',
      { openSearch: { url: 'https://admin:secret@search:9200' } },
      'openSearch.url: expected an http or https URL',
    ],
    [
      'a definition in two places',
      { definition: { path: '/a', bucket: 'b', key: 'c' } },
      'definition: expected {"path": "/…"} or {"bucket": "…", "key": "…"}',
    ],
    ['blocks in no bucket', { hopsfs: { storage: 's3' } }, 'hopsfs.bucket'],
    ['a bucket in capitals', { hopsfs: { storage: 's3', bucket: 'Blocks' } }, 'hopsfs.bucket: expected the name of a bucket'],
    [
      'two schedules of one name',
      {
        schedules: [
          { name: 'a', expression: 'rate(1 day)' },
          { name: 'a', expression: 'rate(2 days)' },
        ],
      },
      'schedules: expected names that differ',
    ],
    ['a schedule of five fields', { schedules: [{ name: 'a', expression: 'cron(0 2 * * *)' }] }, 'schedules.0.expression: expected rate('],
    ['a retention that keeps nothing', { retention: { minimum: 0 } }, 'retention.minimum'],
    ['half a backup to keep', { retention: { daily: 0.5 } }, 'retention.daily'],
    ['an objective of no hours', { objectives: { recoveryPointHours: 0 } }, 'objectives.recoveryPointHours'],
    ['a verification every half day', { objectives: { verificationDays: 0.5 } }, 'objectives.verificationDays'],
    ['a limit of no bytes', { rondb: { ...minimal.rondb, uploadMegabytesPerSecond: 0 } }, 'rondb.uploadMegabytesPerSecond'],
    ['a limit that SSM cannot keep', { limits: { backupHours: 47 } }, 'limits.backupHours'],
    ['what is no e-mail address', { notifications: { emails: ['ops'] } }, 'notifications.emails.0'],
    ['an http URL', { notifications: { urls: ['http://example.com'] } }, 'notifications.urls.0: expected an https URL'],
    ['a runbook with a heading', { notifications: { runbook: 'docs/runbook.md#top' } }, 'notifications.runbook: expected a path or URL'],
    [
      'days that CloudWatch Logs does not know',
      { logs: { retentionDays: 100 } },
      'logs.retentionDays: expected one of the days that CloudWatch Logs knows: 1, 3, 5',
    ],
  ])('is refused with %s', (_what, part, problem) => {
    expect(problems({ ...minimal, ...part })).toEqual([expect.stringContaining(problem)]);
  });
});

interface Property {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly items?: Property;
}

/** Every property at any depth of a JSON schema. */
function propertiesOf(schema: unknown): Property[] {
  const { properties = {}, items } = schema as Property;
  const own = Object.values(properties);
  return [...own, ...own.flatMap(propertiesOf), ...(items ? propertiesOf(items) : [])];
}
