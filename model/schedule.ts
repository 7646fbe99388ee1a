import * as z from 'zod';

/** One field of a cron expression: its range, the names that stand for numbers, and what may only stand alone in it. */
interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
  readonly alone?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The six fields of EventBridge Scheduler's cron expressions, in their order. */
export const cronFields: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31, alone: /^(\?|L|LW|([1-9]|[12][0-9]|3[01])W)$/ },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 1, most: 7, names: WEEKDAYS, alone: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/ },
  { name: 'year', least: 1970, most: 2199 },
];

/** An expression of EventBridge Scheduler, taken apart. */
type Expression = { readonly minutes: number } | { readonly fields: readonly string[] };

const MINUTES = { minute: 1, hour: 60, day: 1440 };
const FORMS = 'expected rate(<number> minutes|hours|days) or cron(<minutes> <hours> <day of month> <month> <day of week> <year>)';

/** Takes `rate(…)` (→ minutes between two runs) or `cron(…)` (→ six fields) apart; what is wrong with it otherwise. */
export function parseExpression(expression: string): Expression | { readonly problem: string } {
  const rate = /^rate\(([1-9][0-9]{0,4}) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return { minutes: Number(rate[1]) * MINUTES[rate[2] as keyof typeof MINUTES] };
  const fields = /^cron\((\S+(?: \S+){5})\)$/.exec(expression)?.[1]?.split(' ');
  if (!fields) return { problem: FORMS };
  const wrong = cronFields.find((field, index) => !isField(field, fields[index] as string));
  if (wrong) {
    const { name, least, most, names } = wrong;
    return {
      problem: `${name}: expected * or ${least}-${most}${names ? ` (${names[0]}-${names.at(-1)})` : ''} as value, list, range or step, or ${wrong.alone ? 'one of the signs ? L W # alone' : 'no other sign'}`,
    };
  }
  if ((fields[2] === '?') === (fields[4] === '?')) return { problem: 'expected ? for exactly one of day of month and day of week' };
  return { fields };
}

function isField({ least, most, names = [], alone }: Field, text: string): boolean {
  if (alone?.test(text)) return true;
  const numberOf = (value: string) => (/^[0-9]{1,4}$/.test(value) ? Number(value) : least + names.indexOf(value));
  const isValue = (value: string) =>
    (names.includes(value) || /^[0-9]{1,4}$/.test(value)) && numberOf(value) >= least && numberOf(value) <= most;
  return text.split(',').every((item) => {
    const [values = '', step = '1', ...more] = item.split('/');
    const [from = '', to = from, ...rest] = values === '*' ? [String(least)] : values.split('-');
    return (
      more.length + rest.length === 0 && /^[1-9][0-9]{0,3}$/.test(step) && isValue(from) && isValue(to) && numberOf(from) <= numberOf(to)
    );
  });
}

/** Whether a name is one of the IANA time zones that this machine knows, in its own spelling: "europe/stockholm" is not. */
function isTimeZone(timeZone: string): boolean {
  try {
    const { timeZone: known } = new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions();
    return /^[A-Z]/.test(timeZone) && (known === timeZone || known.toLowerCase() !== timeZone.toLowerCase());
  } catch {
    return false; // Intl knows no such zone.
  }
}

/** When backups start: several schedules complement each other. */
export const scheduleSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected lower-case letters, digits and dashes, at most 20')
    .describe('Name of the schedule; the executions that it starts begin with it. Unique in the cluster'),
  expression: z
    .string()
    .check(({ value, issues }) => {
      const parsed = parseExpression(value);
      if ('problem' in parsed) issues.push({ code: 'custom', input: value, message: parsed.problem });
    })
    .describe(
      'When a backup starts, as EventBridge Scheduler writes it: cron(<minutes> <hours> <day of month> <month> <day of week> <year>), with ? for exactly one of the two days and 1-7 for SUN-SAT, or rate(<number> minutes|hours|days)',
    ),
  timeZone: z
    .string()
    .refine(isTimeZone, 'expected an IANA time zone, e.g. "Europe/Stockholm" or "UTC"')
    .default('UTC')
    .describe('IANA time zone of the expression; a time that summer time skips is not made up for. Default: UTC'),
  flexibleMinutes: z
    .int()
    .min(0)
    .max(1440)
    .default(15)
    .describe('Minutes within which the start may be delayed, so that not everything of an account starts at once; 0 to 1440. Default: 15'),
  enabled: z.boolean().default(true).describe('false pauses the schedule. Default: true'),
});

export type Schedule = z.infer<typeof scheduleSchema>;
