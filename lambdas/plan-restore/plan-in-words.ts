import type { ImpossibleRestore, RestorePlan } from '../../model/plan.ts';
import type { RestoreRequest } from '../../model/request.ts';
import { duration, number, utc } from '../quantities.ts';
import { percent } from './hopsfs.ts';
import { list, plain, size, table } from './markdown.ts';

type Plan = RestorePlan | ImpossibleRestore;

/** A plan as Markdown: what an operator reads before confirming. */
export function planInWords(plan: Plan, request: RestoreRequest): string {
  const { cluster, requested, recoveryPoint, obstacles, warnings } = plan;
  return `${[
    `# Restore of ${cluster}${recoveryPoint ? ` from backup ${recoveryPoint.backupId}` : ''}: ${plan.possible ? 'possible' : 'not possible'}`,
    `Execution ${plan.executionId}, ${utc(plan.startedAt)}.`,
    verdict(plan, request),
    list('Obstacles', obstacles, ({ error, message }) => `**${error}**: ${plain(message)}`),
    list('Warnings', warnings, plain),
    '## Recovery point',
    recoveryPoint
      ? table(
          ['Backup', recoveryPoint.backupId],
          [
            ['Asked for', requested],
            ...(plan.possible ? [['Restored', plain(plan.selection.replaceAll(';', '; '))]] : []),
            ['Begun', utc(recoveryPoint.startedAt)],
            ['Complete', utc(recoveryPoint.sealedAt)],
            ['Age', `${duration(recoveryPoint.ageSeconds)}, when this was planned`],
            ['Rows', number(recoveryPoint.rows)],
            ['Size', size(recoveryPoint.bytes)],
          ],
        )
      : 'None: no backup can be read that the request means.',
    ...versionsInWords(plan),
    ...placementInWords(plan),
    ...hopsfsInWords(plan),
    list('What is overwritten', plan.overwritten, plain),
    ...servicesInWords(plan),
    ...stepsInWords(plan),
    list('What is left out', plan.leftOut, plain),
    list('What is to be done afterwards', plan.afterwards, plain),
  ]
    .filter(Boolean)
    .join('\n\n')}\n`;
}

const UNKNOWN = '-';

function verdict({ cluster, confirmed, possible, recoveryPoint }: Plan, { before: _, ...request }: RestoreRequest): string {
  if (!possible) return 'Nothing was touched. When no obstacle is left, start the machine again with the same input.';
  if (confirmed) return 'It is confirmed: this execution carries it out.';
  const input = JSON.stringify({ ...request, backup: recoveryPoint?.backupId, confirm: cluster });
  return `Nothing was touched. To carry it out, start the machine again with\n\n\`\`\`json\n${input}\n\`\`\``;
}

function versionsInWords({ versions: { backup, target } }: Plan): string[] {
  const brief = (sha256: string | null | undefined) => sha256?.slice(0, 12) ?? UNKNOWN;
  const rows = [
    ['RonDB', names(backup?.rondb ?? []), names(target.rondb)],
    ['MySQL server', backup?.mysql || UNKNOWN, target.mysql || UNKNOWN],
    ['Hopsworks', backup?.hopsworks ?? UNKNOWN, target.hopsworks ?? UNKNOWN],
    ['Cluster definition (SHA-256)', brief(backup?.definitionSha256), brief(target.definitionSha256)],
    ['Encryption master password (fingerprint)', brief(backup?.passwordFingerprint), brief(target.passwordFingerprint)],
  ];
  return ['## Versions', table(['', 'Backup', 'Target'], rows)];
}

function placementInWords(plan: Plan): string[] {
  const { placement, memory, apiSlots } = plan;
  const title = '## What goes where';
  if (placement.length === 0) return [title, 'Cannot be said before there is a backup and every data node is accounted for.'];
  const rows = placement.map(({ instanceId, nodeIds, backupNodeIds, bytes, freeBytes }) => [
    instanceId,
    names(nodeIds),
    names(backupNodeIds),
    size(bytes),
    freeBytes === null ? UNKNOWN : size(freeBytes),
  ]);
  return [
    title,
    table(['Instance', 'RonDB nodes there', 'Restores backup of nodes', 'Needs on disk', 'Has free'], rows),
    plan.possible
      ? `Every volume of a data node that restores something must have ${size(Number(plan.requiredBytes))} free: CheckNodes looks before anything is touched. The tables are created on ${plan.schemaInstance}.`
      : '',
    memory ? `DataMemory: ${size(memory.neededBytes)} of ${size(memory.availableBytes)} will be in use.` : '',
    apiSlots ? `API slots of RonDB: needed at once ${apiSlots.needed}, free ${apiSlots.free}, in use now ${apiSlots.inUse}.` : '',
  ];
}

function hopsfsInWords({ storagePlacement, blockForecast }: Plan): string[] {
  const title = '## Blocks of HopsFS';
  if (blockForecast) {
    const { present, returnable, returnableBytes, overwritten, lost, foundShare } = blockForecast;
    const rows = [
      ['There', number(present)],
      ['Deleted since, come back', `${number(returnable)}, ${size(returnableBytes)}`],
      ['Replaced since, left as they are', number(overwritten)],
      ['Lost', number(lost)],
    ];
    return [
      title,
      table(['In S3', 'Objects'], rows),
      `HopsFS will find ${percent(foundShare)} of its blocks; it leaves safe mode at 99.9 %.`,
    ];
  }
  if (storagePlacement.length === 0) return [];
  const rows = storagePlacement.map(({ storageId, from, to, blocks, bytes }) => [
    storageId,
    from,
    to ?? 'nobody',
    number(blocks),
    size(bytes),
  ]);
  return [title, table(['Storage', 'Was on', 'Goes to', 'Blocks', 'Bytes'], rows)];
}

function servicesInWords(plan: Plan): string[] {
  if (!plan.possible) return [];
  const phases = [...plan.stops.map((phase) => ({ verb: 'stop', ...phase })), ...plan.starts.map((phase) => ({ verb: 'start', ...phase }))];
  if (phases.length === 0) return [];
  const rows = phases.map(({ verb, units, instanceIds }) => [verb, units.replaceAll('+', ', '), names(instanceIds)]);
  return ['## Services', table(['', 'Units, in this order', 'On'], rows)];
}

function stepsInWords({ steps }: Plan): string[] {
  if (steps.length === 0) return [];
  const rows = steps.map(({ name, instances, limitSeconds, lastSeconds }) => [
    name,
    instances === 0 ? UNKNOWN : number(instances),
    duration(limitSeconds),
    lastSeconds === null ? UNKNOWN : duration(lastSeconds),
  ]);
  const last = steps.reduce((sum, { lastSeconds }) => sum + (lastSeconds ?? 0), 0);
  return [
    '## Steps',
    table(['Step', 'Instances', 'Limit on each', 'Took last time'], rows),
    last > 0 ? `Together they took ${duration(last)} the last time.` : 'No earlier restore has left a report that says how long they took.',
  ];
}

function names(values: readonly (string | number)[]): string {
  return values.join(', ') || UNKNOWN;
}
