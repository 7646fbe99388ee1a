import type { ImpossibleRestore, RestorePlan } from '../../model/plan.ts';

/** A plan as Markdown: what an operator reads before confirming. */
export function planInWords(plan: RestorePlan | ImpossibleRestore): string {
  const { cluster, requested, recoveryPoint, versions, placement, steps, obstacles, warnings } = plan;
  const { backup, target } = versions;
  return `${[
    `# Restore of ${cluster}${recoveryPoint ? ` from backup ${recoveryPoint.backupId}` : ''}: ${plan.possible ? 'possible' : 'not possible'}`,
    `Execution ${plan.executionId}, ${utc(plan.startedAt)}.`,
    verdict(plan),
    list('Obstacles', obstacles, ({ error, message }) => `**${error}**: ${plain(message)}`),
    list('Warnings', warnings, plain),
    '## Recovery point',
    recoveryPoint
      ? table(
          ['Backup', recoveryPoint.backupId],
          [
            ['Asked for', requested],
            ['Begun', utc(recoveryPoint.startedAt)],
            ['Complete', utc(recoveryPoint.sealedAt)],
            ['Age', `${duration(recoveryPoint.ageSeconds)}, when this was planned`],
            ['Rows', number(recoveryPoint.rows)],
            ['Unpacked', size(recoveryPoint.bytes)],
            ['In the bucket', size(recoveryPoint.storedBytes)],
          ],
        )
      : 'None: no backup can be read that the request means.',
    '## Versions',
    table(
      ['', 'Backup', 'Target'],
      [
        ['RonDB', names(backup?.rondb ?? []), names(target.rondb)],
        ['MySQL server', backup?.mysql ?? UNKNOWN, target.mysql || UNKNOWN],
      ],
    ),
    '## What goes where',
    placement.length === 0
      ? 'Cannot be said before there is a backup and every data node is accounted for.'
      : table(
          ['Instance', 'RonDB nodes there', 'Restores backup of nodes', 'Needs on disk'],
          placement.map(({ instanceId, nodeIds, backupNodeIds, bytes }) => [instanceId, names(nodeIds), names(backupNodeIds), size(bytes)]),
        ),
    plan.possible
      ? `Every volume of a data node that restores something must have ${size(Number(plan.requiredBytes))} free: CheckNodes looks before anything is touched. The tables are created on ${plan.schemaInstance}.`
      : '',
    list('What is overwritten', plan.overwritten, plain),
    steps.length === 0
      ? ''
      : `## Steps\n\n${table(
          ['Step', 'Instances', 'Limit on each'],
          steps.map(({ name, instances, limitSeconds }) => [name, number(instances), duration(limitSeconds)]),
        )}`,
    list('What is left out', plan.leftOut, plain),
    list('What is to be done afterwards', plan.afterwards, plain),
  ]
    .filter(Boolean)
    .join('\n\n')}\n`;
}

const UNKNOWN = '-';

function verdict({ cluster, confirmed, possible, recoveryPoint }: RestorePlan | ImpossibleRestore): string {
  if (!possible) return 'Nothing was touched. When no obstacle is left, start the machine again with the same input.';
  if (confirmed) return 'It is confirmed: this execution carries it out.';
  const input = JSON.stringify({ cluster, backup: recoveryPoint?.backupId, confirm: cluster });
  return `Nothing was touched. To carry it out, start the machine again with\n\n\`\`\`json\n${input}\n\`\`\``;
}

function list<T>(title: string, items: readonly T[], write: (item: T) => string): string {
  return items.length === 0 ? '' : `## ${title}\n\n${items.map((item, index) => `${index + 1}. ${write(item)}`).join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Text in one line, of which nothing is taken for Markdown. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*[\]<|]/g, '\\$&');
}

function names(values: readonly (string | number)[]): string {
  return values.join(', ') || UNKNOWN;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function utc(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

/** `3 d 4 h`, `46 h`, `5 min`: at most two units, and days from the second on. */
function duration(seconds: number): string {
  const days = seconds < 172_800 ? 0 : Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const units = [
    [days, 'd'],
    [Math.floor(rest / 3600), 'h'],
    [Math.floor(rest / 60) % 60, 'min'],
    [Math.floor(rest) % 60, 's'],
  ] as const;
  const first = units.findIndex(([value]) => value > 0);
  const shown = units.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(' ') || '0 s';
}

function size(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const exact = `${number(bytes)} bytes`;
  return power === 0 ? exact : `${(bytes / 1024 ** power).toFixed(1)} ${'KMGT'[power - 1]}iB (${exact})`;
}
