import { describe, expect, it } from 'vitest';
import { planInWords } from '../../../lambdas/plan-restore/plan-in-words.ts';
import type { ImpossibleRestore, RestorePlan } from '../../../model/plan.ts';
import type { RestoreRequest } from '../../../model/request.ts';
import { BACKUP_ID, CLUSTER, datanodeInstance, HEAD, instanceOf, START_TIME, sha256, storageId } from '../../fixtures/backup.ts';

const request: RestoreRequest = { cluster: CLUSTER, backup: 'latest' };
const words = (plan: RestorePlan | ImpossibleRestore) => planInWords(plan, request);
const unknown = { hopsworks: null, definitionSha256: null, passwordFingerprint: null };

const looked: ImpossibleRestore = {
  formatVersion: 1,
  kind: 'restore',
  cluster: CLUSTER,
  executionId: 'execution-1',
  startedAt: '2026-11-24T13:47:12.345Z',
  bucket: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: 46 * 3600,
  prefix: 'example/restores/execution-1',
  confirmed: false,
  requested: 'latest',
  possible: false,
  obstacles: [],
  warnings: [],
  recoveryPoint: {
    backupId: BACKUP_ID,
    startedAt: START_TIME,
    sealedAt: '2026-11-22T10:45:00.000Z',
    ageSeconds: 184_632,
    rows: 140_002,
    bytes: 42_740_741_066,
  },
  versions: {
    backup: {
      rondb: ['RonDB-22.10.4'],
      mysql: '8.0.35',
      hopsworks: '3.7.0',
      definitionSha256: sha256('a'),
      passwordFingerprint: sha256('b'),
    },
    target: { rondb: ['RonDB-22.10.4', 'RonDB-24.10.1'], mysql: '', ...unknown },
  },
  placement: [
    { instanceId: instanceOf(1), nodeIds: [1, 4], backupNodeIds: [1, 3], bytes: 1024, freeBytes: 2048 },
    { instanceId: instanceOf(2), nodeIds: [2], backupNodeIds: [], bytes: 0, freeBytes: null },
  ],
  memory: { neededBytes: 1024, availableBytes: 4096 },
  apiSlots: { needed: 1, free: 9, inUse: 2 },
  storagePlacement: [],
  blockForecast: null,
  userTables: { count: 0, names: [] },
  steps: [
    { name: 'CheckNodes', instances: 3, limitSeconds: 300, lastSeconds: 7.4 },
    { name: 'RestoreRondbData', instances: 1, limitSeconds: 46 * 3600, lastSeconds: 3600 },
    { name: 'ReportRestore', instances: 0, limitSeconds: 900, lastSeconds: null },
  ],
  overwritten: ['No table.'],
  leftOut: ['mysql.ndb_apply_status'],
  afterwards: ['Take a backup.'],
};
const possible: RestorePlan = {
  ...looked,
  possible: true,
  backupId: BACKUP_ID,
  listsSha256: '0'.repeat(64),
  metadataPrefix: 'example/backups/263261030',
  heads: [HEAD],
  rondbInstances: [instanceOf(1)],
  requiredBytes: '1024',
  assignments: `${instanceOf(1)}=1+3`,
  schemaInstance: instanceOf(1),
  backupNodeId: '1',
  usersSha256: sha256('users.sql'),
  objectsSha256: sha256('objects.sql'),
  scope: 'cluster',
  selection: 'all',
  accounts: 'keep',
  replace: false,
  tablesSha256: sha256(''),
  stops: [{ instanceIds: [HEAD], units: 'glassfish-domain1+epipe' }],
  starts: [{ instanceIds: [HEAD, instanceOf(1)], units: 'glassfish-domain1' }],
  blocks: 'none',
  hopsfsInstances: [],
  storages: '',
  dataDirectories: '',
  rewindPages: 0,
  nameNode: HEAD,
  nameNodeUnits: 'namenode',
  hopsfsStarters: [HEAD],
  unitAssignments: `${HEAD}=namenode`,
  safeModeSeconds: '7200',
  searchInstance: '',
  searchUrl: '',
  searchIndex: '',
  searchCredentials: 'none',
  kafkaInstance: '',
  hopsworksUrl: '',
  hopsworksCredentials: 'none',
};

describe('a plan in words', () => {
  it('says all that an operator decides by, in short tables', () => {
    expect(words(possible)).toBe(`# Restore of example from backup 263261030: possible

Execution execution-1, 2026-11-24 13:47:12 UTC.

Nothing was touched. To carry it out, start the machine again with

\`\`\`json
{"cluster":"example","backup":"263261030","confirm":"example"}
\`\`\`

## Recovery point

| Backup | 263261030 |
| --- | --- |
| Asked for | latest |
| Restored | all |
| Begun | 2026-11-22 10:30:00 UTC |
| Complete | 2026-11-22 10:45:00 UTC |
| Age | 2 d 3 h, when this was planned |
| Rows | 140,002 |
| Size | 39.8 GiB (42,740,741,066 bytes) |

## Versions

|  | Backup | Target |
| --- | --- | --- |
| RonDB | RonDB-22.10.4 | RonDB-22.10.4, RonDB-24.10.1 |
| MySQL server | 8.0.35 | - |
| Hopsworks | 3.7.0 | - |
| Cluster definition (SHA-256) | ${sha256('a').slice(0, 12)} | - |
| Encryption master password (fingerprint) | ${sha256('b').slice(0, 12)} | - |

## What goes where

| Instance | RonDB nodes there | Restores backup of nodes | Needs on disk | Has free |
| --- | --- | --- | --- | --- |
| i-00000000000000001 | 1, 4 | 1, 3 | 1.0 KiB (1,024 bytes) | 2.0 KiB (2,048 bytes) |
| i-00000000000000002 | 2 | - | 0 bytes | - |

Every volume of a data node that restores something must have 1.0 KiB (1,024 bytes) free: CheckNodes looks before anything is touched. The tables are created on i-00000000000000001.

DataMemory: 1.0 KiB (1,024 bytes) of 4.0 KiB (4,096 bytes) will be in use.

API slots of RonDB: needed at once 1, free 9, in use now 2.

## What is overwritten

1. No table.

## Services

|  | Units, in this order | On |
| --- | --- | --- |
| stop | glassfish-domain1, epipe | i-0000000000000000a |
| start | glassfish-domain1 | i-0000000000000000a, i-00000000000000001 |

## Steps

| Step | Instances | Limit on each | Took last time |
| --- | --- | --- | --- |
| CheckNodes | 3 | 5 min | 7 s |
| RestoreRondbData | 1 | 46 h | 1 h |
| ReportRestore | - | 15 min | - |

Together they took 1 h the last time.

## What is left out

1. mysql.ndb_apply_status

## What is to be done afterwards

1. Take a backup.
`);
  });

  it('of a confirmed restore says that it is carried out', () => {
    const text = words({ ...possible, confirmed: true });

    expect(text).toContain('this execution carries it out');
    expect(text).not.toContain('Nothing was touched');
  });

  it('repeats the request with the backup that was found, to be confirmed', () => {
    const asked = { cluster: CLUSTER, before: '2026-11-23T00:00:00Z', replace: true, exclude: { databases: ['hops'] } } as const;

    const text = planInWords(possible, { ...asked, exclude: { databases: ['hops'] } });

    const [, input = ''] = /```json\n(.*)\n```/.exec(text) ?? [];
    expect(JSON.parse(input)).toEqual({
      cluster: CLUSTER,
      backup: BACKUP_ID,
      confirm: CLUSTER,
      replace: true,
      exclude: { databases: ['hops'] },
    });
  });

  it('says which storage goes where, and which one nowhere', () => {
    const placed = { storageId: storageId(1), from: datanodeInstance(1), to: datanodeInstance(3), blocks: 7000, bytes: 100 };
    const storagePlacement = [placed, { ...placed, storageId: storageId(2), to: null }];

    const text = words({ ...looked, storagePlacement });

    expect(text).toContain(`| ${storageId(1)} | ${datanodeInstance(1)} | ${datanodeInstance(3)} | 7,000 | 100 bytes |`);
    expect(text).toContain(`| ${storageId(2)} | ${datanodeInstance(1)} | nobody | 7,000 | 100 bytes |`);
  });

  it('says what will be found of blocks in S3, and never rounds up', () => {
    const forecast = { present: 5000, returnable: 40, returnableBytes: 100, overwritten: 2, lost: 5, foundShare: 0.99899 };

    const text = words({ ...looked, blockForecast: forecast });

    expect(text).toContain('| Deleted since, come back | 40, 100 bytes |');
    expect(text).toContain('HopsFS will find 99.89 % of its blocks');
  });

  it('says that nothing is known of earlier restores', () => {
    const steps = looked.steps.map((step) => ({ ...step, lastSeconds: null }));

    expect(words({ ...looked, steps })).toContain('No earlier restore has left a report');
  });

  it('numbers obstacles and warnings before everything else, and does not say how to confirm', () => {
    const obstacles = [
      { error: 'TargetNotEmpty', message: 'RonDB holds 1 user tables: shop.orders.' },
      { error: 'VersionTooOld', message: 'RonDB data node 2 is older.' },
    ];

    const text = words({ ...looked, obstacles, warnings: ['Begun, not complete: 263270100.'] });

    expect(text).toContain(`: not possible

Execution execution-1, 2026-11-24 13:47:12 UTC.

Nothing was touched. When no obstacle is left, start the machine again with the same input.

## Obstacles

1. **TargetNotEmpty**: RonDB holds 1 user tables: shop.orders.
2. **VersionTooOld**: RonDB data node 2 is older.

## Warnings

1. Begun, not complete: 263270100.

## Recovery point
`);
    expect(text).not.toContain('"confirm"');
  });

  it('takes nothing that a name or a manifest holds for Markdown', () => {
    const obstacles = [{ error: 'ManifestUnsupported', message: 'Not JSON: {"a":\n<b>`c`*d*[e](f)|g\\h.' }];

    expect(words({ ...looked, obstacles })).toContain(
      '\n1. **ManifestUnsupported**: Not JSON: {"a": \\<b>\\`c\\`\\*d\\*\\[e\\](f)\\|g\\\\h.\n',
    );
  });

  it('says that there is no backup, and that nothing can be placed', () => {
    const versions = { ...looked.versions, backup: null };

    const text = words({ ...looked, recoveryPoint: null, versions, placement: [], steps: [] });

    expect(text).toMatch(/^# Restore of example: not possible\n/);
    expect(text).toContain('None: no backup can be read that the request means.');
    expect(text).toContain('| RonDB | - | RonDB-22.10.4, RonDB-24.10.1 |');
    expect(text).toContain('Cannot be said before');
    expect(text).not.toContain('## Steps');
  });

  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [3_599, '59 min 59 s'],
    [3_600, '1 h'],
    [90_061, '25 h 1 min'],
    [172_800, '2 d'],
    [40 * 86_400 + 3_599, '40 d'],
  ])('writes an age of %d seconds as %s', (ageSeconds, text) => {
    const recoveryPoint = { ...looked.recoveryPoint, ageSeconds } as RestorePlan['recoveryPoint'];

    expect(words({ ...looked, recoveryPoint })).toContain(`| Age | ${text}, when`);
  });

  it.each([
    [0, '0 bytes'],
    [1023, '1,023 bytes'],
    [1024 ** 2, '1.0 MiB (1,048,576 bytes)'],
    [1.5 * 1024 ** 4, '1.5 TiB (1,649,267,441,664 bytes)'],
    [2048 * 1024 ** 4, '2048.0 TiB (2,251,799,813,685,248 bytes)'],
  ])('writes %d bytes as %s', (bytes, text) => {
    const recoveryPoint = { ...looked.recoveryPoint, bytes } as RestorePlan['recoveryPoint'];

    expect(words({ ...looked, recoveryPoint })).toContain(`| Size | ${text} |`);
  });
});
