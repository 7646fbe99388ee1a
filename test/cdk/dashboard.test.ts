import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveIntrinsics } from '../../local/assembly/intrinsics.ts';
import { backupRequestSchema, restoreRequestSchema } from '../../model/request.ts';
import { givenCluster, resourcesIn, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

interface Widget {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type of widget has its own
  readonly properties: any;
}

let template: Template;
let widgets: Widget[];
beforeAll(() => {
  template = synthesizeCluster(givenCluster({ objectives: { recoveryPointHours: 30, verificationDays: 8 } }));
  widgets = bodyOf(template).widgets;
});

/** The body of the dashboard, `<logical id>` in the place of each reference. */
function bodyOf(of: Template): { widgets: Widget[]; periodOverride: string } {
  const [dashboard] = [...resourcesOf(of, 'AWS::CloudWatch::Dashboard').values()];
  expect(dashboard?.Properties.DashboardName).toBe('hopsdr-north');
  const references = { ref: (id: string) => `<${id}>`, attribute: (id: string, name: string) => `<${id}.${name}>` };
  return JSON.parse(resolveIntrinsics(dashboard?.Properties.DashboardBody, references) as string);
}

const titled = (title: RegExp) => widgets.find(({ properties }) => title.test(properties.title))?.properties;
const idsOf = (type: string) => Object.entries(resourcesIn(template)).flatMap(([id, resource]) => (resource.Type === type ? [id] : []));
/** The logical ids of what the metrics of one name are about. */
const shown = (metric: string) =>
  widgets.flatMap(({ properties }) => (properties.metrics ?? []).filter((of: string[]) => of[1] === metric).map((of: string[]) => of[3]));

describe('the dashboard', () => {
  it('shows the state of every alarm', () => {
    const { alarms } = widgets.find(({ type }) => type === 'alarm')?.properties ?? {};

    expect(alarms.sort()).toEqual(
      idsOf('AWS::CloudWatch::Alarm')
        .map((id) => `<${id}.Arn>`)
        .sort(),
    );
  });

  it('shows the objective in the graph of the age, in the same unit', () => {
    const { metrics, annotations } = titled(/^Age of the newest recovery point \(hours\)/);

    expect(metrics[0][0].expression).toBe('seconds / 3600');
    expect(metrics[1]).toEqual(expect.arrayContaining(['RecoveryPointAgeSeconds', expect.objectContaining({ id: 'seconds' })]));
    expect(annotations.horizontal).toEqual([expect.objectContaining({ value: 30 })]);
  });

  it('shows how old the last verification of each depth is, now and in a graph with its objective, in days', () => {
    const now = titled(/^Last verified, at each depth \(days ago\)/);
    const { metrics, annotations } = titled(/^Age of the last verification .*\(days\)/);

    for (const depth of ['objects', 'bytes', 'database']) {
      const metric = expect.arrayContaining(['VerificationAgeSeconds', depth, expect.objectContaining({ id: depth, visible: false })]);
      expect(now.metrics).toContainEqual(metric);
      expect(metrics).toContainEqual(metric);
      expect(metrics).toContainEqual([expect.objectContaining({ expression: `${depth} / 86400` })]);
    }
    expect(annotations.horizontal).toEqual([expect.objectContaining({ value: 8 })]);
  });

  it('shows no objective to who has none', () => {
    const { widgets: all } = bodyOf(synthesizeCluster(givenCluster({ schedules: [], objectives: { recoveryPointHours: null } })));

    expect(all.filter(({ properties }) => properties.annotations)).toEqual([]);
    expect(all[0]?.properties.markdown).toContain('**Scheduled backups**: none.');
  });

  it('shows no number that was measured long ago', () => {
    const numbers = widgets.filter(({ properties }) => properties.view === 'singleValue');

    expect(numbers.map(({ properties }) => properties.title)).toContain('Newest recovery point');
    expect(numbers.filter(({ properties }) => properties.start !== '-PT1H')).toEqual([]);
  });

  it('keeps the periods of its graphs: over a day, for what comes once a backup', () => {
    const { metrics } = titled(/^Rows of a backup/);

    expect(bodyOf(template).periodOverride).toBe('inherit');
    expect(metrics[0]).toEqual([
      'HopsworksDR',
      'BackupRows',
      'Cluster',
      'north',
      expect.objectContaining({ period: 86_400, stat: 'Maximum' }),
    ]);
  });

  it.each(['Succeeded', 'Failed', 'TimedOut', 'Aborted'])('shows how many executions of every machine %s', (end) => {
    const own = idsOf('AWS::StepFunctions::StateMachine').filter((id) => !id.includes('runonnodes'));

    expect(shown(`Executions${end}`).sort()).toEqual(own.map((id) => `<${id}>`).sort());
  });

  it.each(['Errors', 'Throttles'])('shows the %s of every Lambda', (metric) => {
    const own = idsOf('AWS::Lambda::Function').map((id) => `<${id}>`);

    expect(shown(metric).sort()).toEqual(own.sort());
  });
});

describe('its text', () => {
  const text = () => widgets.find(({ type }) => type === 'text')?.properties.markdown as string;
  const machine = (name: string) =>
    Object.entries(resourcesIn(template)).find(([, { Properties }]) => Properties?.StateMachineName === `hopsdr-north-${name}`)?.[0];

  it('links both machines', () => {
    const links = [...text().matchAll(/\[(\w+) machine\]\(https:[^)]+#\/statemachines\/view\/([^)]+)\)/g)].map(([, name, arn]) => [
      name,
      arn,
    ]);

    expect(links).toEqual([
      ['backup', `<${machine('backup')}>`],
      ['restore', `<${machine('restore')}>`],
    ]);
  });

  it('gives inputs that the machines accept: to back up, and to plan a restore', () => {
    const [backup = '', restore = ''] = [...text().matchAll(/input `([^`]+)`/g)].map(([, input]) => input);

    expect(backupRequestSchema.parse(JSON.parse(backup))).toEqual({ cluster: 'north' });
    expect(restoreRequestSchema.parse(JSON.parse(restore))).toEqual({ cluster: 'north', backup: 'latest' });
  });

  it('says schedules and objective in words', () => {
    expect(text()).toContain('nightly: every day at 02:00 UTC, up to 15 min later');
    expect(text()).toContain('at most 30 h old');
  });
});
