import type { ExecutionStatus } from '../../../lambdas/aws/sfn.ts';
import { takeLease } from '../../../lambdas/take-lease/take-lease.ts';
import { layout } from '../../../model/layout.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import type { Fault } from '../fault.ts';
import { onMachine } from '../stages/machine.ts';

const holder = 'arn:aws:states:eu-north-1:123456789012:execution:hopsdr-x-restore:back-to-monday';
const held = (since = '2025-01-01T00:00:00.000Z') => JSON.stringify({ holder: { execution: holder, since }, turn: 7 });

/** The real TakeLease, in front of a lease that somebody else holds. */
export const leasing = (status: ExecutionStatus, { content = held(), cleaning = false } = {}) => ({
  TakeLease: (_name: string, payload: unknown) =>
    takeLease(payload, {
      cluster: 'x',
      bucket: memoryBucket({ [layout.lease('x')]: content }),
      statusOf: async () => status,
      hasRunning: async () => cleaning,
      readHistory: async () => [{ action: 'StartRondbBackup', at: 0 }],
      now: () => new Date(),
    }),
});

const backup = { machine: 'backup', item: 'beyond the list', where: 'backup, TakeLease', limit: 1800 } as const;
const refused = { step: 'TakeLease', remains: 'nothing' } as const;
const complete = 'manifest, 1 native backup';

/** One backup or restore of a cluster at a time. */
export const lease: Fault[] = [
  onMachine({
    ...backup,
    ...refused,
    id: 'backup-during-restore',
    injected: 'A restore of the cluster runs',
    lambdas: () => leasing('RUNNING'),
    error: 'LeaseHeld',
  }),
  onMachine({
    ...{ ...backup, ...refused, machine: 'restore', where: 'restore, TakeLease' },
    id: 'restore-during-another',
    injected: 'Another restore of the cluster runs',
    lambdas: () => leasing('RUNNING'),
    error: 'LeaseHeld',
  }),
  onMachine({
    ...{ ...backup, ...refused },
    id: 'backup-during-clean-up',
    injected: 'The holder of the lease has failed, and the clean-up after it has not ended',
    lambdas: () => leasing('FAILED', { cleaning: true }),
    limit: 3600,
    error: 'CleanUpUnderWay',
  }),
  onMachine({
    ...{ ...backup, ...refused },
    id: 'lease-damaged',
    injected: 'The lease in the bucket cannot be read',
    lambdas: () => leasing('RUNNING', { content: held().slice(0, 20) }),
    error: 'LeaseInvalid',
  }),
  onMachine({
    ...backup,
    id: 'lease-holder-died',
    injected: 'The holder of the lease has died without releasing it',
    lambdas: () => leasing('FAILED'),
    error: 'survives',
    remains: complete,
  }),
  onMachine({
    ...backup,
    id: 'lease-clock-jumped',
    injected: 'The lease of one that has ended is from next year: a clock has jumped',
    lambdas: () => leasing('SUCCEEDED', { content: held('2026-01-01T00:00:00.000Z') }),
    error: 'survives',
    remains: complete,
  }),
];
