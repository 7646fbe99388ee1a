import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeMessage } from '../../lambdas/describe-failure/message.ts';
import { stoppedExecutionSchema } from '../../lambdas/execution.ts';
import { actions, documentParameters } from '../../model/actions.ts';
import { catalogue } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { CLUSTER } from '../fixtures/backup.ts';
import { executionArn } from '../fixtures/execution.ts';
import { givenCluster, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';
import { allStates } from '../fixtures/states.ts';

const RUNBOOK = 'docs/runbook.md';
const text = readFileSync(new URL(`../../${RUNBOOK}`, import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block);
const script = blocks.join('\n');
const prose = text.replace(/^ *```[\s\S]*?^ *```$/gm, '');

/** The anchor of a heading, by GitHub's rule. */
const slug = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
const headings = [...prose.matchAll(/^(#+) (.+)$/gm)].map(([, level = '', title = '']) => ({ level: level.length, anchor: slug(title) }));
const anchors = headings.map(({ anchor }) => anchor);
const [, alarmsPart = ''] = /^## Alarms$([\s\S]*?)^## /m.exec(prose) ?? [];
const sections = new Map([...prose.matchAll(/^### (.+)$([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(([, title = '', body = '']) => [title, body]));

const [, errorsPart = ''] = /^## Errors$([\s\S]*)/m.exec(prose) ?? [];
const errorHeadings = [...errorsPart.matchAll(/^### (.+)$/gm)].map(([, title = '']) => title);
/** What begins a command in running text. */
const PROGRAM =
  /^(aws|sql|hdfs|ndb_mgm|systemctl|journalctl|df|du|ls|mv|rm|cat|tail|grep|curl|npx|timeout|pgrep|kill|dmesg|lsattr|\/srv\/hops\/\S+\/\S+) |^\w+=\S+; /;

let template: Template;
let alarms: { AlarmName: string; AlarmDescription: string }[];
beforeAll(() => {
  template = synthesizeCluster(givenCluster({ name: CLUSTER, notifications: { runbook: RUNBOOK }, objectives: { verificationDays: 8 } }));
  alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()].map(({ Properties }) => Properties);
});
const namesOf = (type: string, property: string) => [...resourcesOf(template, type).values()].map(({ Properties }) => Properties[property]);

describe('the runbook', () => {
  it('has a heading for every alarm, and none in their part without an alarm', () => {
    const linked = alarms.map(({ AlarmDescription }) => / docs\/runbook\.md#(\S+)$/.exec(AlarmDescription)?.[1]);

    const own = [...alarmsPart.matchAll(/^### (.+)$/gm)].map(([, title = '']) => slug(title));

    expect(own.length).toBeGreaterThan(7);
    expect([...new Set(linked)].sort()).toEqual(own.sort());
  });

  it.each(['backup', 'restore', 'verify', 'sweep'] as const)('has the heading that the message of a failed %s links', (machine) => {
    const detail = { executionArn: executionArn(machine, 'e'), status: 'FAILED', startDate: 1, error: 'DiskFull', cause: 'full' };
    const stopped = stoppedExecutionSchema(`hopsdr-${CLUSTER}-`).parse(detail);
    const reason = { error: 'DiskFull', message: 'full' };

    const { message } = writeMessage({
      cluster: CLUSTER,
      runbook: RUNBOOK,
      stopped,
      reason,
      backupId: undefined,
      sealed: false,
      sweep: false,
    });

    const links = [...message.matchAll(/docs\/runbook\.md#(\S+)/g)].map(([, anchor]) => anchor);
    expect(links).toEqual(['diskfull', `${machine}-failed`]);
    expect(anchors).toEqual(expect.arrayContaining(links));
  });

  it('has a heading for every error of the catalogue, which the message about it links, and none for another', () => {
    const missing = Object.keys(catalogue).filter((name) => !errorHeadings.includes(name));
    const gone = errorHeadings.filter((name) => !Object.hasOwn(catalogue, name));

    const why = `write "### <name>" below "## Errors" of ${RUNBOOK}: what happened, use when, do not use when, numbered steps, it worked when`;
    expect({ missing, gone }, why).toEqual({ missing: [], gone: [] });
  });

  it('tells under each error what to do, step by step, with commands that a shell can read', () => {
    const bodies = errorHeadings.map((name) => [name, sections.get(name) ?? ''] as const);
    const commands = bodies.flatMap(([, body]) =>
      [...body.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code).filter((code) => PROGRAM.test(code)),
    );

    expect(bodies.filter(([, body]) => !/^1\. /m.test(body) || !/^2\. /m.test(body)).map(([name]) => name)).toEqual([]);
    expect(commands.length).toBeGreaterThan(100);
    const { status, stderr } = spawnSync('bash', ['-n'], { input: commands.join('\n'), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('asks ndb_mgm for nothing but what it understands, and changes nothing by it but a backup or single-user mode', () => {
    const asked = [...text.matchAll(/\bndb_mgm (?:-c \S+ -e )?(?:"([^"]+)"|'([^']+)'|([A-Z]+))/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');

    expect([...new Set(asked)].filter((command) => command !== '$1').sort()).toEqual([
      'ABORT BACKUP $id',
      'ALL REPORT BACKUPSTATUS',
      'ALL REPORT MEMORYUSAGE',
      'ALL STATUS',
      'EXIT SINGLE USER MODE',
      'SHOW',
    ]);
  });

  it('never has the NameNode formatted, nor forced out of safe mode', () => {
    expect(text).not.toMatch(/-format\b|-safemode leave/);
  });

  it('has headings that differ, and links within it that lead to one', () => {
    const links = [...prose.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);

    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  it('says under each heading what happened, when to use it, when not, and how one knows that it worked', () => {
    const incomplete = [...sections].filter(([, body]) =>
      ['**What happened.**', '**Use when**', '**Do not use when**', '**It worked when**'].some((part) => !body.includes(part)),
    );

    expect(sections.size).toBe(headings.filter(({ level }) => level === 3).length);
    expect(incomplete.map(([title]) => title)).toEqual([]);
  });

  it('uses only names that exist: errors, states, alarms and outputs', () => {
    const known = new Set([
      ...Object.keys(catalogue),
      ...allStates.map(({ name }) => name),
      ...alarms.map(({ AlarmName }) => AlarmName.replace(`hopsdr-${CLUSTER}-`, '')),
      ...Object.keys(template.toJSON().Outputs),
      // Words of AWS.
      'AccessDenied',
      'TooManyRequests',
    ]);
    const words = [...prose.matchAll(/`(?:output )?([A-Z][a-z]+[A-Z]\w+)`/g)].map(([, word = '']) => word);
    const outputs = [...script.matchAll(/\$\(output (\w+)\)/g)].map(([, word = '']) => word);

    expect(words.length + outputs.length).toBeGreaterThan(20);
    expect([...words, ...outputs].filter((word) => !known.has(word))).toEqual([]);
  });

  it('names machines and documents as the stack does', () => {
    const all = [
      ...namesOf('AWS::StepFunctions::StateMachine', 'StateMachineName'),
      ...namesOf('AWS::SSM::Document', 'Name'),
      ...namesOf('AWS::Scheduler::ScheduleGroup', 'Name'),
    ];
    const named = [...text.matchAll(/hopsdr-(?:<cluster>|\$cluster|prod)(-[a-z]+(?:-[a-z]+)*|)(?=[`":])/g)].map(
      ([, rest]) => `hopsdr-${CLUSTER}${rest}`,
    );

    expect(new Set(named).size).toBeGreaterThan(4);
    expect(named.filter((name) => !all.includes(name))).toEqual([]);
  });

  it('tells of every Lambda what its failure means, and finds its log by its description', () => {
    const rows = [...(sections.get('Lambda errors') ?? '').matchAll(/^ *\| (`.+?`) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/[a-z][a-z-]+/g) ?? [],
    );
    const own = alarms.flatMap(({ AlarmName }) => /-LambdaErrors-(.+)$/.exec(AlarmName)?.[1] ?? []);

    const descriptions = namesOf('AWS::Lambda::Function', 'Description');

    expect(rows.sort()).toEqual(own.sort());
    expect(own.filter((name) => !descriptions.includes(`${name} of the Hopsworks cluster ${CLUSTER}`))).toEqual([]);
  });

  it('looks into the bucket where things lie', () => {
    const id = '$id';
    const used = [...text.matchAll(/\$cluster\/((?:backups|prunes)\/[^\s"`'\\]*)/g)].map(([, rest = '']) => `$cluster/${rest}`);

    const known = [layout.backups, layout.prunes].map((key) => key('$cluster'));
    const whole = layout.backup('$cluster', id);
    const ofBackup = [layout.manifest('$cluster', id), layout.plan('$cluster', id), whole, `${whole}/`];
    expect([...new Set(used)].sort()).toEqual([...known, ...ofBackup].sort());
  });

  it('sends a document with all of its parameters', () => {
    const [, sent = ''] = /--parameters "(.+)"$/m.exec(script) ?? [];
    const names = Object.keys(JSON.parse(sent.replaceAll('\\"', '"')));

    expect(Object.keys(actions)).toContain('RemoveLocalBackup');
    expect(names.sort()).toEqual(documentParameters('RemoveLocalBackup').sort());
  });

  it.each(blocks.map((block, index) => [index + 1, block] as const))('has commands that a shell can read, in block %d', (_, block) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
