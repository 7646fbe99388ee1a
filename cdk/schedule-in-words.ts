import { parseExpression, type Schedule } from '../model/schedule.ts';

/** `nightly: every day at 02:00 UTC, up to 15 min later`; an expression that no short sentence says is shown as it is. */
export function inWords({ name, expression, timeZone, flexibleMinutes, enabled }: Schedule): string {
  const later = flexibleMinutes > 0 ? `, up to ${flexibleMinutes} min later` : '';
  return `${name}: ${enabled ? `${when(expression, timeZone)}${later}` : 'paused'}`;
}

function when(expression: string, timeZone: string): string {
  const parsed = parseExpression(expression);
  if (!('fields' in parsed)) return expression.replace(/^rate\((.+)\)$/, 'every $1');
  const [minute = '', hour = '', day, month, weekday, year] = parsed.fields;
  const at = `at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')} ${timeZone}`;
  const isTime = /^[0-9]+$/.test(minute) && /^[0-9]+$/.test(hour);
  if (!isTime || month !== '*' || year !== '*') return `${expression} ${timeZone}`;
  if (day === '*' || weekday === '*') return `every day ${at}`;
  return day === '?' ? `on ${weekday} ${at}` : `on day ${day} of the month ${at}`;
}
