import { describe, expect, it } from 'vitest';
import { reportPage } from '../../../lambdas/report-restore/report-page.ts';
import { reportRestore } from '../../../lambdas/report-restore/report-restore.ts';
import { type Report, reportSchema } from '../../../model/report.ts';
import { HEAD, instanceOf } from '../../fixtures/backup.ts';
import { KEYS, reporter, reportInput } from './given.ts';

/** The report of a whole restore in which nothing differs, and what a test changes in it. */
async function givenReport(changes: Partial<Report> = {}): Promise<Report> {
  const given = reporter();
  await reportRestore(reportInput(), given);
  return { ...reportSchema.parse(JSON.parse(given.bucket.objects.get(KEYS.json) ?? '')), ...changes };
}

const table = (name: string, outcome: Report['rows']['tables'][number]['outcome']) => ({ table: name, recorded: 3, restored: 2, outcome });
const rowsWith = (...tables: Report['rows']['tables']): Report['rows'] => {
  return { comparison: 'differs', restored: 2, difference: 1, logRecords: 0, tables };
};
/** What is read, without the tags. */
const textOf = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** What keeps a page from being well-formed: tags that do not match, attributes without quotes, bare < and &. */
function flawsIn(page: string): string[] {
  const open: string[] = [];
  const flaws: string[] = [];
  const [doctype = '', body = ''] = page.split(/(?<=^<!DOCTYPE html>)\n/);
  if (doctype !== '<!DOCTYPE html>') flaws.push('no doctype');
  for (const [token = ''] of body.matchAll(/<[^>]*>|[^<]+/g)) {
    const [, closing, name = '', attributes = '', selfClosing] =
      /^<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>$/.exec(token) ?? [];
    if (token.startsWith('<') ? name === '' : open.length === 0 && token.trim() !== '') flaws.push(token);
    else if (closing && open.pop() !== name) flaws.push(`unexpected ${token}`);
    else if (name && !closing && !selfClosing) open.push(name);
    if (/&(?!(amp|lt|gt|quot|#[0-9]+);)/.test(attributes || (token.startsWith('<') ? '' : token))) flaws.push(`bare & in ${token}`);
  }
  return [...flaws, ...open.map((name) => `${name} is not closed`)];
}

const hostile = `x</code></style><script src="https://evil.example/x.js">alert('1')</script><img src=x onerror=alert(1)>&amp;"'\u202e\u0000`;
async function givenHostileReport(): Promise<Report> {
  const report = await givenReport({
    verdict: 'differs',
    differences: [hostile],
    notCompared: [hostile],
    selection: hostile,
    rows: rowsWith(table(`a.${hostile}`, 'differs'), table(`b.${hostile}`, 'missing'), table(`c.${hostile}`, 'equal')),
    topics: { created: 0, names: [hostile] },
    versions: [{ what: 'RonDB', backup: hostile, target: null }],
    warnings: [hostile],
    leftOut: [hostile],
    afterwards: [hostile],
  });
  const [head] = report.accounts?.heads ?? [];
  const heads = head ? [{ ...head, differing: [hostile] }] : [];
  const steps = report.steps.map((step) => ({ ...step, name: hostile, failures: [hostile] }));
  return { ...report, steps, accounts: { request: 'keep', heads } };
}

describe('the page about a restore', () => {
  it.each([
    ['in which nothing differs', givenReport],
    ['with names that are HTML', givenHostileReport],
  ])('%s is well-formed', async (_what, given) => {
    expect(flawsIn(reportPage(await given()))).toEqual([]);
  });

  it('shows names that are HTML as text, with what cannot be seen in them', async () => {
    const page = reportPage(await givenHostileReport());

    expect(page).not.toMatch(/<(script|img)/);
    expect(page.match(/x&lt;\/code&gt;&lt;\/style&gt;&lt;script src=&quot;/g)?.length).toBeGreaterThanOrEqual(15);
    expect(page).toContain('&amp;amp;&quot;&#39;\\u{202e}\\u{0}');
    expect(page).not.toMatch(/\u202e/);
  });

  it('asks for nothing from anywhere, and forbids it', async () => {
    const page = reportPage(await givenReport());

    expect(page).not.toMatch(/https?:|\/\/|url\(|@import|\b(src|href|srcset|action|data|background|on\w+)=/i);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('is dark for whom it should be', async () => {
    expect(reportPage(await givenReport())).toMatch(/color-scheme: light dark[\s\S]*@media \(prefers-color-scheme: dark\)/);
  });

  it('begins with the verdict, the age of the recovery point and the duration', async () => {
    const text = textOf(reportPage(await givenReport()));

    const places = ['What was restored is what the backup recorded.', '2 d 3 h', '1 h 30 min', 'What is left to do'].map((part) =>
      text.indexOf(part),
    );
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('says beside the verdict how exactly rows could be compared, unless that was to the row', async () => {
    const { rows, ...report } = await givenReport();
    const verdictOf = (logRecords: number) =>
      textOf(
        /<div class="verdict.*?<\/div>/s.exec(reportPage({ ...report, rows: { ...rows, comparison: 'same', logRecords } }))?.[0] ?? '',
      );

    expect(verdictOf(7)).toContain('compared to within 7: so many changes the backup took in while it ran.');
    expect(verdictOf(0)).not.toContain('compared to within');
  });

  it('says what is left to do, which topics must be written again and since when', async () => {
    const text = textOf(reportPage(await givenReport()));

    expect(text).toContain('Take a backup.');
    expect(text).toContain('in flight in them since 2026-11-22 10:30:00 UTC is not in the backup');
    expect(text).toContain('2 topics clicks views');
  });

  it('shows what differs before everything else, and folds thousands of equal tables away', async () => {
    const equal = Array.from({ length: 3_000 }, (_, index) => table(`shop.t${index}`, 'equal'));

    const page = reportPage(await givenReport({ verdict: 'differs', rows: rowsWith(table('shop.orders', 'differs'), ...equal) }));

    const [before = '', folded = ''] = page.split('<details><summary>3,000 tables: as many rows as recorded</summary>');
    expect(before).toContain('Do not open the cluster to its users.');
    expect(before).toContain(
      '<code>shop.orders</code><span class="differs">other number of rows</span></td><td class="n">3</td><td class="n">2</td>',
    );
    expect(before).not.toContain('shop.t0');
    expect(folded.split('</details>')[0]).toContain('shop.t2999');
  });

  it('says of rows that could not be compared that they were counted', async () => {
    const rows = { ...rowsWith({ ...table('shop.orders', 'not-compared'), recorded: null }), comparison: 'not-compared' as const };

    const text = textOf(reportPage(await givenReport({ verdict: 'partly-compared', notCompared: ['Rows: not.'], rows })));

    expect(text).toContain('Nothing differs, but not everything could be compared. Rows: not.');
    expect(text).toContain('1 table: counted, not compared');
    expect(text).not.toContain('changes while it ran');
  });

  it('shows the accounts of every head', async () => {
    const counts = { created: 3, keptSame: 2, keptOther: 1, replaced: 0, objects: 9 };
    const heads = [
      { instanceId: HEAD, ...counts, differing: [] },
      { instanceId: instanceOf(7), ...counts, differing: ["'ana'@'%'"] },
    ];

    const text = textOf(reportPage(await givenReport({ accounts: { request: 'replace', heads } })));

    expect(text).toContain('was given the password of the backup');
    expect(text).toContain(`&#39;ana&#39;@&#39;%&#39; on ${instanceOf(7)}`);
    expect(text).toContain(`${HEAD} 3 2 1 0 0 9 ${instanceOf(7)} 3 2 1 0 1 9`);
  });

  it('leaves out what the restore left out', async () => {
    const text = textOf(reportPage(await givenReport({ accounts: null, blocks: null, search: null, topics: null, warnings: [] })));

    expect(text).toContain('None was to be restored.');
    for (const word of ['HopsFS blocks', 'OpenSearch', 'Kafka', 'Warnings']) expect(text).not.toContain(word);
  });

  it('marks versions that differ, and none that are unknown', async () => {
    const versions = [
      { what: 'RonDB', backup: '22.10', target: '24.10' },
      { what: 'Hopsworks', backup: null, target: '4.0' },
      { what: 'MySQL server', backup: '8.0.35', target: '8.0.35' },
    ];

    const text = textOf(reportPage(await givenReport({ versions })));

    expect(text).toContain('RonDB 22.10 24.10 other Hopsworks unknown 4.0 MySQL server 8.0.35 8.0.35 Times');
  });
});
