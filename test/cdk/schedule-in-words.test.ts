import { describe, expect, it } from 'vitest';
import { inWords } from '../../cdk/schedule-in-words.ts';

const schedule = { name: 'nightly', expression: 'cron(0 2 * * ? *)', timeZone: 'Europe/Stockholm', flexibleMinutes: 0, enabled: true };

describe('a schedule in words', () => {
  it.each([
    ['cron(0 2 * * ? *)', 'every day at 02:00 Europe/Stockholm'],
    ['cron(30 14 ? * * *)', 'every day at 14:30 Europe/Stockholm'],
    ['cron(5 2 ? * MON-FRI *)', 'on MON-FRI at 02:05 Europe/Stockholm'],
    ['cron(0 2 L * ? *)', 'on day L of the month at 02:00 Europe/Stockholm'],
    ['rate(6 hours)', 'every 6 hours'],
    ['cron(0 */6 * * ? *)', 'cron(0 */6 * * ? *) Europe/Stockholm'],
    ['cron(0 2 1 1 ? *)', 'cron(0 2 1 1 ? *) Europe/Stockholm'],
    ['cron(0 2 * * ? 2030)', 'cron(0 2 * * ? 2030) Europe/Stockholm'],
  ])('tells when %s runs: %s', (expression, when) => {
    expect(inWords({ ...schedule, expression })).toBe(`nightly: ${when}`);
  });

  it('tells how late a flexible one may be', () => {
    expect(inWords({ ...schedule, flexibleMinutes: 15 })).toBe('nightly: every day at 02:00 Europe/Stockholm, up to 15 min later');
  });

  it('tells that it is paused', () => {
    expect(inWords({ ...schedule, enabled: false })).toBe('nightly: paused');
  });
});
