import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planRestore } from '../../../lambdas/plan-restore/plan-restore.ts';
import type { RestorePlanner } from '../../../lambdas/plan-restore/planner.ts';
import { openSearchSchema } from '../../../model/open-search.ts';
import { BACKUP_ID, datanodeInstance, HEAD, instanceOf, START_TIME } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspectedDatanode, inspectedDirectory, inspectedHopsfs, inspection } from '../../fixtures/inspection.ts';
import { backupOnDisks, begunOn, everything, plannerFor, restoreInput, s3, s3Survey, stored, withTables } from './given.ts';

const script = (name: string) => readFileSync(new URL(`../../../nodes/${name}.sh`, import.meta.url), 'utf8');
const part = { backup: BACKUP_ID, include: { databases: ['shop'] } };
async function texts(
  request: object = { backup: BACKUP_ID },
  settings: Partial<RestorePlanner> = {},
  nodes = inspection(),
  hopsfs = inspectedHopsfs(),
) {
  const bucket = memoryBucket(stored(settings.hopsfs?.storage === 'disks' ? backupOnDisks() : withTables('shop.orders')));
  const looked = settings.hopsfs?.storage === 's3' ? { survey: s3Survey() } : { hopsfs };
  const { overwritten, leftOut, afterwards } = await planRestore(restoreInput(request, nodes, looked), plannerFor(bucket, settings));
  return { overwritten: overwritten.join('\n'), leftOut: leftOut.join('\n'), afterwards: afterwards.join('\n') };
}

describe('what is overwritten', () => {
  it('is what a restore that was cut off has left', async () => {
    const { overwritten } = await texts(undefined, {}, begunOn(instanceOf(2), BACKUP_ID));

    expect(overwritten).toContain(`The 1 user tables that a restore of this backup, begun on ${instanceOf(2)} and cut off`);
  });

  it('is no table otherwise, unless it is to be replaced', async () => {
    expect((await texts()).overwritten).toMatch(/^No table: a RonDB that holds any is refused/);
    expect((await texts(part)).overwritten).toMatch(/^No table: one of the same name is refused/);
    const replaced = await texts({ backup: BACKUP_ID, replace: true }, {}, inspection(undefined, ['a.t', 'b.t']));
    expect(replaced.overwritten).toMatch(/^Every database that RonDB holds goes first.*2 user tables, a\.t, b\.t\./);
    expect((await texts({ backup: BACKUP_ID, replace: true })).overwritten).toContain('there is none');
  });

  it.each([
    ['keep', 'keep their password'],
    ['replace', 'take its password'],
    ['none', 'No account: none'],
  ])('is, with users %s, of accounts what the request says', async (users, sentence) => {
    expect((await texts({ backup: BACKUP_ID, users })).overwritten).toContain(sentence);
  });

  it('is, of a whole Hopsworks, also what datanodes and OpenSearch hold', async () => {
    const { overwritten } = await texts(undefined, everything);

    expect(overwritten).toContain(`data directories of ${datanodeInstance(1)}, ${datanodeInstance(2)}`);
    expect(overwritten).toContain('The index projects of OpenSearch is dropped');
  });

  it('is nothing in the bucket of HopsFS but deletions', async () => {
    expect((await texts(undefined, { hopsfs: s3 })).overwritten).toContain(
      '40 objects (3.9 KiB (4,000 bytes)) that were deleted since come back',
    );
  });
});

describe('what is left out', () => {
  it('names every table that the scripts leave out', async () => {
    const { leftOut } = await texts();
    const tables = [
      /^excluded_tables=(.*)$/m.exec(script('rondb'))?.[1],
      /\$excluded_tables,([^"]+)"/.exec(script('restore-rondb-data'))?.[1],
    ];

    const names = tables.join(',').split(',');
    expect(names).toHaveLength(4);
    for (const name of names) expect(leftOut).toContain(name);
  });

  it('names every account that no dump holds', async () => {
    const { leftOut } = await texts();
    const [, accounts = ''] = /user NOT IN \(([^)]+)\)/.exec(script('sql-dump')) ?? [];

    const names = accounts.split(', ').map((name) => name.slice(1, -1));
    expect(names).toContain('root');
    for (const name of names) expect(leftOut).toContain(name);
  });

  it('is what the cluster file leaves out, and what of OpenSearch and Kafka is in no backup', async () => {
    const alone = await texts();
    const whole = await texts(undefined, everything);

    for (const sentence of ['HopsFS: the cluster file', 'OpenSearch: the cluster file', 'Kafka: the cluster file']) {
      expect(alone.leftOut).toContain(sentence);
      expect(whole.leftOut).not.toContain(sentence);
    }
    expect(whole.leftOut).toContain('Kafka: the messages');
  });

  it('is, of a part, everything that was not chosen', async () => {
    expect((await texts(part, everything)).leftOut).toMatch(/Whatever was not chosen/);
  });
});

describe('what an operator does afterwards', () => {
  it('begins with the jobs that wrote since the recovery point, and holds nothing that the machine does', async () => {
    const { afterwards } = await texts(undefined, everything);

    expect(afterwards).toMatch(new RegExp(`^Run the jobs again that wrote since ${START_TIME}`));
    expect(afterwards).toMatch(/Host certificates.*signs in again.*security settings.*Take a backup\.$/s);
    expect(afterwards).not.toMatch(/HopsFS: |kafka-restore|reindex-epipe|Start the services/);
  });

  it('includes the search of the feature store only where nobody else rebuilds it', async () => {
    const featureStore = { url: 'https://127.0.0.1:8182', credentialsFile: '/etc/hopsworks.curl' };

    const [without, withIt] = await Promise.all([
      texts(undefined, everything),
      texts(undefined, { ...everything, openSearch: openSearchSchema.parse({ featureStore }) }),
    ]);

    expect(without.afterwards).toContain('featurestore/reindex');
    expect(withIt.afterwards).not.toContain('featurestore/reindex');
  });

  it('includes HopsFS where the machine does not restore it, and datanodes that it does not know or start', async () => {
    const idle = inspectedDatanode(3, [inspectedDirectory(3, 0, { blocks: 0 })]);

    expect((await texts()).afterwards).toContain('HopsFS: where there is one');
    expect((await texts(undefined, { hopsfs: s3 })).afterwards).toContain('start the datanodes again');
    expect((await texts(undefined, everything, inspection(), [...inspectedHopsfs(), idle])).afterwards).toContain(
      `The datanodes of ${datanodeInstance(3)} are not started`,
    );
  });

  it('of a part is to look at it', async () => {
    expect((await texts(part)).afterwards).toMatch(/^Compare the restored tables/);
    expect((await texts({ ...part, rename: { shop: 'shop_old' } })).afterwards).toMatch(
      /^Hopsworks knows nothing of a database under its new name/,
    );
    expect((await texts(part, everything)).afterwards).not.toContain(HEAD);
  });
});
