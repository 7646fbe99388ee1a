import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readPlan } from '../../lambdas/catalogue.ts';
import { describeFailure } from '../../lambdas/describe-failure/describe-failure.ts';
import { planBackup } from '../../lambdas/plan-backup/plan-backup.ts';
import { planRestore } from '../../lambdas/plan-restore/plan-restore.ts';
import { judge } from '../../lambdas/read-command/judge.ts';
import { type ActionName, actions, documentParameters, parameters } from '../../model/actions.ts';
import { catalogue } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { backupPlanSchema, type RestorePlan } from '../../model/plan.ts';
import { BACKUP_ID, backupPlan, CLUSTER, pack, START_TIME } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';
import { executionArn } from '../fixtures/execution.ts';
import { inspection, memoryText, plannerInput, showText } from '../fixtures/inspection.ts';
import { backupOnDisks, confirmed, plannerFor, restoreInput } from '../lambdas/plan-restore/given.ts';
import { hostileText, payloads, values } from './payloads.ts';

type Path = readonly (string | number)[];

/** Where each leaf of a JSON value is. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]));
}

/** A copy with another value at a place; undefined leaves it out. */
function spoilt<T>(value: T, [step, ...rest]: Path, by: unknown): T {
  if (step === undefined) return by as T;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  (copy as Record<string | number, unknown>)[step] = spoilt((value as Record<string | number, unknown>)[step], rest, by);
  return copy as T;
}

/** A bucket that notes the keys it is asked for; it also holds the backups of another cluster. */
function watchedBucket(objects: Readonly<Record<string, string>>) {
  const bucket = memoryBucket({ ...objects, 'other/backups/263261030/manifest.json': '{}', 'other/backups/263261030/plan.json': '{}' });
  const asked: string[] = [];
  const watched = new Proxy(bucket, {
    get(target, name: keyof typeof bucket) {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (first: string | string[], ...rest: unknown[]) => {
        asked.push(...[first].flat());
        return (member as (...all: unknown[]) => unknown)(first, ...rest);
      };
    },
  });
  return { bucket: watched, outside: () => asked.filter((key) => !key.startsWith(`${CLUSTER}/`) || /(^|\/)\.\.(\/|$)/.test(key)) };
}

const hostile = fc.oneof(
  hostileText,
  fc.constantFrom(...values),
  fc.constantFrom<unknown>('other', 'other/backups/263261030', 'other-bucket', '263251030', 99),
);
const plannerIn = (bucket: ReturnType<typeof memoryBucket>) => ({ ...plannerFor(bucket), bucket });
const isNamed = (error: unknown) => Object.hasOwn(catalogue, (error as Error).name);

// What cannot be read is logged too.
beforeEach(() => {
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  return () => vi.restoreAllMocks();
});

describe('a manifest in which one field is hostile', () => {
  const manifest = backupOnDisks();
  const leaves = leavesOf(manifest);

  it('leads to nothing outside of the cluster and its backup: it is refused by name and field, or read as what it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...leaves), hostile, async (path, by) => {
        const text = JSON.stringify(spoilt(manifest, path, by));
        const { bucket, outside } = watchedBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: text });

        const plan = await planRestore(restoreInput({ backup: BACKUP_ID }), plannerIn(bucket));

        expect(outside()).toEqual([]);
        expect({ cluster: plan.cluster, bucket: plan.bucket, prefix: plan.prefix }).toEqual({
          cluster: CLUSTER,
          bucket: 'example-backups',
          prefix: layout.restore(CLUSTER, 'execution-1'),
        });
        const refused = plan.obstacles.find(({ error }) => error === 'ManifestUnsupported');
        if (refused) expect(refused.message).toMatch(/is not JSON|is not valid: .|has formatVersion|describes/);
        expect(({} as { owned?: unknown }).owned).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['another cluster', ['plan', 'cluster'], 'other', 'plan.prefix'],
    ["another cluster's prefix", ['plan', 'prefix'], 'other/backups/263261030', 'plan.prefix'],
    ['a prefix that leaves the cluster', ['plan', 'prefix'], `${CLUSTER}/../other/backups/263261030`, 'plan.prefix'],
    ["another backup's receipt", ['receipts', 0, 'backupId'], '263251030', 'receipts'],
    ["another backup's storage", ['storages', 0, 'backupId'], '263251030', 'receipts'],
    ['a file that leaves its directory', ['receipts', 0, 'files', 0, 'path'], '../../other/x.Data', 'receipts.0.files.0.path'],
    ["another node's file", ['receipts', 0, 'files', 0, 'path'], 'BACKUP-263261030-PART-1-OF-2/BACKUP-263261030-0.2.Data', 'receipts'],
    ['a backup file among metadata', ['metadata', 2, 'path'], 'BACKUP-263261030/BACKUP-263261030.1.ctl', 'metadata'],
    ['a storage that leaves its prefix', ['storages', 0, 'storageId'], 'DS-1/../../x', 'storages.0.storageId'],
  ] as const)('of %s is refused, and the field is named', async (_, path, by, field) => {
    const { bucket, outside } = watchedBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(spoilt(manifest, path, by)) });

    const attempt = planRestore(restoreInput(confirmed), plannerIn(bucket));

    await expect(attempt).rejects.toMatchObject({ name: 'ManifestUnsupported', message: expect.stringContaining(`${field}: `) });
    expect(outside()).toEqual([]);
  });
});

describe('a plan in which one field is hostile', () => {
  const plan = backupPlan();
  const leaves = leavesOf(plan);
  const key = layout.plan(CLUSTER, BACKUP_ID);

  it('sends no command for another cluster, backup or bucket: clean-up works in its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...leaves), hostile, async (path, by) => {
        const { bucket, outside } = watchedBucket({ [key]: JSON.stringify(spoilt(plan, path, by)) });
        const detail = { executionArn: executionArn('backup', plan.executionId), status: 'ABORTED', startDate: Date.parse(START_TIME) };

        const place = { bucketName: 'example-backups', connectString: 'mgmd:1186', bucket };
        const described = await describeFailure(detail, { cluster: CLUSTER, runbook: 'r', ...place });

        expect(outside()).toEqual([]);
        if (described.plan) {
          const { bucket: used, connectString, prefix, backupId } = described.plan;
          const own = { used: 'example-backups', connectString: 'mgmd:1186', prefix: plan.prefix, backupId: BACKUP_ID };
          expect({ used, connectString, prefix, backupId }).toEqual(own);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(['bucket', 'connectString', 'dataNodes', 'rondbInstances'] as const)('is not continued with another %s', async (field) => {
    const other = {
      bucket: 'other-bucket',
      connectString: '10.9.9.9:1186',
      dataNodes: plan.dataNodes.slice(1),
      rondbInstances: plan.rondbInstances.slice(1),
    };
    const { bucket } = watchedBucket({ [key]: JSON.stringify({ ...plan, [field]: other[field] }) });

    await expect(planBackup(plannerInput({ backupId: BACKUP_ID }), plannerIn(bucket))).rejects.toMatchObject({
      name: 'BackupIdTaken',
      message: expect.stringContaining(`Backup ${BACKUP_ID} was begun with `),
    });
  });

  it('is refused when it lies where another belongs', async () => {
    const { bucket } = watchedBucket({ [layout.plan(CLUSTER, '263251030')]: JSON.stringify(plan) });

    await expect(readPlan(bucket, CLUSTER, '263251030')).rejects.toMatchObject({
      name: 'BackupIdTaken',
      message: expect.stringContaining(plan.prefix),
    });
  });
});

describe('what nodes print', () => {
  const nodes = backupPlan().dataNodes;

  it('becomes a plan that every step accepts, or an error by name, whatever RonDB says', async () => {
    const line = fc.oneof(
      hostileText,
      fc.constantFrom('id=1\t@10.0.0.1  (x, Nodegroup: 0)', `id=${'9'.repeat(400)}\t@x  (a, Nodegroup: 1)`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 1), fc.nat(20), line, async (which, at, by) => {
        const texts = [showText(nodes), memoryText(nodes)].map((text, index) => {
          if (index !== which) return text;
          const lines = text.split('\n');
          lines.splice(at % lines.length, 1, by);
          return lines.join('\n');
        });
        const [show = '', memory = ''] = texts.map(pack);
        const { bucket, outside } = watchedBucket({});

        const planned = await planBackup(plannerInput({}, inspection(nodes, [], { show, memory })), plannerIn(bucket)).catch(
          (error: unknown) => error,
        );

        expect(outside()).toEqual([]);
        expect(planned instanceof Error ? isNamed(planned) : backupPlanSchema.safeParse(planned).success).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('of memory with more digits than a number is exact for is refused before a backup is begun', async () => {
    const memory = pack(memoryText(nodes).replace(/\((\d+) 32K/, `(${'9'.repeat(400)} 32K`));
    const { bucket } = watchedBucket({});

    const attempt = planBackup(plannerInput({}, inspection(nodes, [], { memory })), plannerIn(bucket));

    await expect(attempt).rejects.toMatchObject({ name: 'NodeOutputInvalid', message: expect.stringContaining('memory.0.usedBytes') });
    expect(await bucket.list(`${CLUSTER}/`)).toEqual([]);
  });

  it.each(Object.keys(actions) as ActionName[])('is no answer of %s unless it is exactly what the step promises', async (action) => {
    const invocation = { CommandId: 'c', InstanceId: 'i-0000000000000b001', Status: 'Success' as const };
    const texts = [...payloads, '{"__proto__":{"owned":true}}', '[]', '{}{}', '{"a":1}\n{"b":2}'].filter((text) => text !== '{}');

    for (const stdout of texts) {
      const judged = judge(action, [invocation], async () => ({ exitCode: 0, stdout, stderr: '' }));
      const refused = await judged.then(
        () => undefined,
        (error: Error) => error,
      );

      expect(refused, stdout).toMatchObject({
        name: 'NodeOutputInvalid',
        message: expect.stringContaining(`${action} failed on i-0000000000000b001`),
      });
      expect(refused?.message.length).toBeLessThan(5000);
    }
  });
});

describe('the parameters of a plan that was made from hostile input', () => {
  it('match their patterns, or are not sent', async () => {
    const selection = fc.record({
      databases: fc.array(fc.oneof(hostileText, fc.constantFrom('shop', '__proto__', 'constructor', '-rf')), {
        minLength: 1,
        maxLength: 3,
      }),
    });
    await fc.assert(
      fc.asyncProperty(selection, async (include) => {
        const { bucket, outside } = watchedBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(backupOnDisks()) });
        const planned = await planRestore(restoreInput({ backup: BACKUP_ID, include }), plannerIn(bucket)).catch(
          (error: unknown) => error as Error,
        );

        expect(outside()).toEqual([]);
        if (planned instanceof Error) {
          expect(planned).toMatchObject({ name: 'RequestInvalid', message: expect.stringContaining('include.databases') });
          return;
        }
        for (const name of documentParameters('RestoreRondbSchema')) {
          const value = (planned as Partial<RestorePlan> as Record<string, unknown>)[name];
          if (typeof value === 'string') expect(value).toMatch(new RegExp(parameters[name].pattern));
        }
      }),
      { numRuns: 100 },
    );
  });
});
