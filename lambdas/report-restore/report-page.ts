import type { Report, ReportedTable } from '../../model/report.ts';
import { count, duration, number, utc } from '../quantities.ts';
import { isDifferent } from './compare-rows.ts';
import { html, type Markup } from './html.ts';
import { style } from './style.ts';
import { timeline } from './timeline.ts';

const VERDICTS: Readonly<Record<Report['verdict'], string>> = {
  same: 'What was restored is what the backup recorded.',
  'partly-compared': 'Nothing differs, but not everything could be compared.',
  differs: 'What was restored is not what the backup recorded. Do not open the cluster to its users.',
};

/** The report as one page for people: it loads nothing, needs no script, and shows names from the database as text only. */
export function reportPage(report: Report): string {
  const { cluster, backupId, scope, selection, executionArn, verdict, differences, notCompared, reportedAt } = report;
  const what = scope === 'cluster' ? cluster : `a part of ${cluster}`;
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>Restore of ${cluster} from backup ${backupId}</title><style>${{ markup: style }}</style></head><body>
<h1>Restore of ${what} from backup ${backupId}</h1>
<p class="soft">Ended ${utc(reportedAt)}${selection === 'all' ? '' : html`; restored: <code>${selection}</code>`}</p>
<div class="verdict ${verdict}"><strong>${VERDICTS[verdict]}</strong>${[...differences, ...notCompared, ...toleranceOf(report)].map((sentence) => html`<p>${sentence}</p>`)}</div>
${facts(report)}
${list('What is left to do', report.afterwards)}
${topicsOf(report)}
${tablesOf(report)}
${accountsOf(report)}
${list('Warnings of the plan', report.warnings)}
<h2>Versions</h2>
${table(
  ['', 'Backup', 'Target', ''],
  report.versions.map(({ what: of, backup, target }) => [
    of,
    backup ?? 'unknown',
    target ?? 'unknown',
    backup !== null && target !== null && backup !== target ? html`<span class="partly-compared">other</span>` : '',
  ]),
)}
${stepsOf(report)}
${list('What was left out', report.leftOut)}
<footer class="soft"><p>Execution ${executionArn}</p></footer>
</body></html>
`.markup;
}

/** What "the same" means of rows, where it does not mean exactly. */
function toleranceOf({ rows: { comparison, logRecords } }: Report): string[] {
  if (comparison !== 'same' || logRecords === 0) return [];
  return [`Rows of all tables together are compared to within ${number(logRecords)}: so many changes the backup took in while it ran.`];
}

function facts(report: Report): Markup {
  const { recoveryPoint, seconds, stoodStillSeconds, redrives, rows, accounts, blocks, search, topics } = report;
  const stood =
    redrives > 0 ? `${duration(stoodStillSeconds)} of it stood still before ${count(redrives, 'redrive')}` : 'without a redrive';
  const created = accounts?.heads.map((head) => head.created + head.keptSame + head.keptOther + head.replaced) ?? [];
  const all: readonly (readonly [string, string, string])[] = [
    ['Recovery point (RPO)', duration(recoveryPoint.ageSeconds), `old at the start; begun ${utc(recoveryPoint.startedAt)}`],
    ['Duration (RTO)', duration(seconds), stood],
    ['Rows', number(rows.restored), `in ${count(rows.tables.length, 'table')}`],
    ...(accounts ? [['Accounts', number(Math.max(0, ...created)), `on ${count(accounts.heads.length, 'head')}`] as const] : []),
    ...(blocks
      ? [
          [
            'HopsFS blocks',
            number(blocks.blocks),
            `${number(blocks.missingBlocks)} missing; safe mode left after ${duration(blocks.seconds)}`,
          ] as const,
        ]
      : []),
    ...(search ? [['OpenSearch documents', number(search.documents), `${count(search.datasets, 'data set')} among them`] as const] : []),
    ...(topics ? [['Kafka topics', number(topics.names.length), `${number(topics.created)} created now`] as const] : []),
  ];
  return html`<dl class="facts">${all.map(([term, value, note]) => html`<div><dt>${term}</dt><dd>${value}<small>${note}</small></dd></div>`)}</dl>`;
}

function topicsOf({ topics, recoveryPoint }: Report): Markup | string {
  if (!topics) return '';
  return html`<h2>Kafka: what must be written again</h2>
<p>The topics are there and empty. What was in flight in them since ${utc(recoveryPoint.startedAt)} is not in the backup: run the jobs again that wrote to them since.</p>
<details${topics.names.length <= 20 ? html` open=""` : ''}><summary>${count(topics.names.length, 'topic')}</summary><ul class="names">${topics.names.map((name) => html`<li><code>${name}</code></li>`)}</ul></details>`;
}

const OUTCOMES: Readonly<Record<ReportedTable['outcome'], string>> = {
  missing: 'not there',
  differs: 'other number of rows',
  explained: 'explained by writes during the backup',
  'not-compared': 'counted, not compared',
  'left-out': 'restored without rows, on purpose',
  equal: 'as many rows as recorded',
};

function tablesOf({ rows: { tables, difference, logRecords, comparison } }: Report): Markup {
  const different = tables.filter(isDifferent);
  const others = Object.keys(OUTCOMES).filter((outcome) => outcome !== 'missing' && outcome !== 'differs');
  const allowance = html`<p>Rows are recorded as of the beginning of a backup. This one took in ${count(logRecords, 'change')} while it ran, which can
explain differences of as many rows altogether; found: ${number(difference)}.</p>`;
  return html`<h2>Tables</h2>
${comparison === 'not-compared' ? '' : allowance}
${different.length > 0 ? rowsOf(different) : ''}
${others.map((outcome) => {
  const some = tables.filter((each) => each.outcome === outcome);
  return some.length === 0
    ? ''
    : html`<details><summary>${count(some.length, 'table')}: ${OUTCOMES[outcome as ReportedTable['outcome']]}</summary>${rowsOf(some)}</details>`;
})}`;
}

function rowsOf(tables: readonly ReportedTable[]): Markup {
  const cell = (value: number | null) => (value === null ? '-' : number(value));
  return table(
    ['Table', 'Recorded', 'Restored'],
    tables.map((each) => [
      html`<code>${each.table}</code>${isDifferent(each) ? html`<span class="${each.outcome}">${OUTCOMES[each.outcome]}</span>` : ''}`,
      cell(each.recorded),
      cell(each.restored),
    ]),
    [1, 2],
  );
}

function accountsOf({ accounts }: Report): Markup {
  if (!accounts) return html`<h2>Accounts</h2><p>None was to be restored.</p>`;
  const differing = accounts.heads.flatMap((head) =>
    head.differing.map((account) => html`<li><code>${account}</code> on ${head.instanceId}</li>`),
  );
  return html`<h2>Accounts</h2>
<p>An account that existed ${accounts.request === 'keep' ? 'kept its password' : 'was given the password of the backup'}; it has the grants of the backup besides its own.</p>
${differing.length > 0 ? html`<p class="differs">Without all the grants or default roles of the backup:</p><ul>${differing}</ul>` : ''}
${table(
  ['Head', 'Created', 'Kept, same password', 'Kept, other password', 'Replaced', 'Differing', 'Views, routines…'],
  accounts.heads.map((head) => [
    head.instanceId,
    ...[head.created, head.keptSame, head.keptOther, head.replaced, head.differing.length, head.objects].map(number),
  ]),
  [1, 2, 3, 4, 5, 6],
)}`;
}

function stepsOf(report: Report): Markup {
  return html`<h2>Times</h2>
<p class="soft">Red: attempts that failed. Between a failure and its redrive the execution stood still.</p>
${timeline(report)}
<details><summary>${count(report.steps.length, 'step')} in numbers</summary>${table(
    ['Step', 'Began', 'Took', 'Attempts', 'Failures'],
    report.steps.map((step) => [step.name, utc(step.startedAt), duration(step.seconds), number(step.attempts), step.failures.join(', ')]),
    [2, 3],
  )}</details>`;
}

function list(title: string, sentences: readonly string[]): Markup | string {
  return sentences.length === 0 ? '' : html`<h2>${title}</h2><ol>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ol>`;
}

/** A table that scrolls by itself when the page is narrow; `numbers`: the columns that are aligned to the right. */
function table(head: readonly string[], rows: readonly (readonly (string | Markup)[])[], numbers: readonly number[] = []): Markup {
  const as = (index: number) => (numbers.includes(index) ? html` class="n"` : '');
  const headings = head.map((text, index) => html`<th${as(index)}>${text}</th>`);
  const body = rows.map((cells) => html`<tr>${cells.map((cell, index) => html`<td${as(index)}>${cell}</td>`)}</tr>`);
  return html`<div class="scroll"><table><thead><tr>${headings}</tr></thead><tbody>${body}</tbody></table></div>`;
}
