import { describe, expect, it } from 'vitest';
import { planInWords } from '../../../lambdas/plan-restore/plan-in-words.ts';
import type { ImpossibleRestore, RestorePlan } from '../../../model/plan.ts';
import { BACKUP_ID, CLUSTER, HEAD, instanceOf, START_TIME, sha256 } from '../../fixtures/backup.ts';

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
    storedBytes: 1023,
  },
  versions: { backup: { rondb: ['RonDB-22.10.4'], mysql: '8.0.35' }, target: { rondb: ['RonDB-22.10.4', 'RonDB-24.10.1'], mysql: '' } },
  placement: [
    { instanceId: instanceOf(1), nodeIds: [1, 4], backupNodeIds: [1, 3], bytes: 1024 },
    { instanceId: instanceOf(2), nodeIds: [2], backupNodeIds: [], bytes: 0 },
  ],
  userTables: { count: 0, names: [] },
  steps: [
    { name: 'CheckNodes', instances: 3, limitSeconds: 300 },
    { name: 'RestoreRondbData', instances: 1, limitSeconds: 46 * 3600 },
  ],
  overwritten: ['No table.'],
  leftOut: ['mysql.ndb_apply_status'],
  afterwards: ['Take a backup.'],
};
const possible: RestorePlan = {
  ...looked,
  possible: true,
  backupId: BACKUP_ID,
  metadataPrefix: 'example/backups/263261030',
  heads: [HEAD],
  rondbInstances: [instanceOf(1)],
  requiredBytes: '1024',
  assignments: `${instanceOf(1)}=1+3`,
  schemaInstance: instanceOf(1),
  backupNodeId: '1',
  usersSha256: sha256('users.sql'),
  objectsSha256: sha256('objects.sql'),
};

describe('a plan in words', () => {
  it('says all that an operator decides by, in short tables', () => {
    expect(planInWords(possible)).toBe(`# Restore of example from backup 263261030: possible

Execution execution-1, 2026-11-24 13:47:12 UTC.

Nothing was touched. To carry it out, start the machine again with

\`\`\`json
{"cluster":"example","backup":"263261030","confirm":"example"}
\`\`\`

## Recovery point

| Backup | 263261030 |
| --- | --- |
| Asked for | latest |
| Begun | 2026-11-22 10:30:00 UTC |
| Complete | 2026-11-22 10:45:00 UTC |
| Age | 2 d 3 h, when this was planned |
| Rows | 140,002 |
| Unpacked | 39.8 GiB (42,740,741,066 bytes) |
| In the bucket | 1,023 bytes |

## Versions

|  | Backup | Target |
| --- | --- | --- |
| RonDB | RonDB-22.10.4 | RonDB-22.10.4, RonDB-24.10.1 |
| MySQL server | 8.0.35 | - |

## What goes where

| Instance | RonDB nodes there | Restores backup of nodes | Needs on disk |
| --- | --- | --- | --- |
| i-00000000000000001 | 1, 4 | 1, 3 | 1.0 KiB (1,024 bytes) |
| i-00000000000000002 | 2 | - | 0 bytes |

Every volume of a data node that restores something must have 1.0 KiB (1,024 bytes) free: CheckNodes looks before anything is touched. The tables are created on i-00000000000000001.

## What is overwritten

1. No table.

## Steps

| Step | Instances | Limit on each |
| --- | --- | --- |
| CheckNodes | 3 | 5 min |
| RestoreRondbData | 1 | 46 h |

## What is left out

1. mysql.ndb_apply_status

## What is to be done afterwards

1. Take a backup.
`);
  });

  it('of a confirmed restore says that it is carried out', () => {
    const words = planInWords({ ...possible, confirmed: true });

    expect(words).toContain('this execution carries it out');
    expect(words).not.toContain('Nothing was touched');
  });

  it('numbers obstacles and warnings before everything else, and does not say how to confirm', () => {
    const obstacles = [
      { error: 'TargetNotEmpty', message: 'RonDB holds 1 user tables: shop.orders.' },
      { error: 'VersionTooOld', message: 'RonDB data node 2 is older.' },
    ];

    const words = planInWords({ ...looked, obstacles, warnings: ['Begun, not complete: 263270100.'] });

    expect(words).toContain(`: not possible

Execution execution-1, 2026-11-24 13:47:12 UTC.

Nothing was touched. When no obstacle is left, start the machine again with the same input.

## Obstacles

1. **TargetNotEmpty**: RonDB holds 1 user tables: shop.orders.
2. **VersionTooOld**: RonDB data node 2 is older.

## Warnings

1. Begun, not complete: 263270100.

## Recovery point
`);
    expect(words).not.toContain('"confirm"');
  });

  it('takes nothing that a name or a manifest holds for Markdown', () => {
    const obstacles = [{ error: 'ManifestUnsupported', message: 'Not JSON: {"a":\n<b>`c`*d*[e](f)|g\\h.' }];

    expect(planInWords({ ...looked, obstacles })).toContain(
      '\n1. **ManifestUnsupported**: Not JSON: {"a": \\<b>\\`c\\`\\*d\\*\\[e\\](f)\\|g\\\\h.\n',
    );
  });

  it('says that there is no backup, and that nothing can be placed', () => {
    const versions = { ...looked.versions, backup: null };

    const words = planInWords({ ...looked, recoveryPoint: null, versions, placement: [], steps: [] });

    expect(words).toMatch(/^# Restore of example: not possible\n/);
    expect(words).toContain('None: no backup can be read that the request means.');
    expect(words).toContain('| RonDB | - | RonDB-22.10.4, RonDB-24.10.1 |');
    expect(words).toContain('Cannot be said before');
    expect(words).not.toContain('## Steps');
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
  ])('writes an age of %d seconds as %s', (ageSeconds, words) => {
    const recoveryPoint = { ...looked.recoveryPoint, ageSeconds } as RestorePlan['recoveryPoint'];

    expect(planInWords({ ...looked, recoveryPoint })).toContain(`| Age | ${words}, when`);
  });

  it.each([
    [0, '0 bytes'],
    [1023, '1,023 bytes'],
    [1024 ** 2, '1.0 MiB (1,048,576 bytes)'],
    [1.5 * 1024 ** 4, '1.5 TiB (1,649,267,441,664 bytes)'],
    [2048 * 1024 ** 4, '2048.0 TiB (2,251,799,813,685,248 bytes)'],
  ])('writes %d bytes as %s', (bytes, words) => {
    const recoveryPoint = { ...looked.recoveryPoint, bytes } as RestorePlan['recoveryPoint'];

    expect(planInWords({ ...looked, recoveryPoint })).toContain(`| Unpacked | ${words} |`);
  });
});
