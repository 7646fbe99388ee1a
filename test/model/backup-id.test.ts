import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backupIdAt, backupIdSchema, timeOfBackupId } from '../../model/backup-id.ts';

const minutes = fc.date({ min: new Date('2010-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true });
const minuteOf = (time: Date) => Math.floor(time.getTime() / 60_000);

// Far from UTC, so that local time cannot pass for it.
beforeAll(() => vi.stubEnv('TZ', 'Asia/Kolkata'));
afterAll(() => vi.unstubAllEnvs());

describe('a backup id', () => {
  it.each([
    ['2026-11-22T10:30:59Z', '263261030'],
    ['2026-01-01T00:00:00Z', '260010000'],
    ['2026-12-31T23:59:59Z', '263652359'],
    ['2028-12-31T23:59:00Z', '283662359'],
    ['2028-03-01T00:00:00Z', '280610000'],
    ['2026-03-01T00:00:00Z', '260600000'],
    ['2026-03-29T03:30:00+02:00', '260880130'],
  ])('of %s is %s, in UTC', (time, expected) => {
    const backupId = backupIdAt(new Date(time));

    expect(backupId).toBe(expected);
  });

  it('is one that every ndb_restore can restore: 9 digits below 2³¹', () => {
    fc.assert(
      fc.property(minutes, (time) => {
        const backupId = backupIdAt(time);

        expect(backupId).toMatch(/^[1-9][0-9]{8}$/);
        expect(Number(backupId)).toBeLessThan(2 ** 31);
      }),
    );
  });

  it('sorts by time, also across the end of a year, and is shared only within one minute', () => {
    fc.assert(
      fc.property(minutes, minutes, (a, b) => {
        const order = Math.sign(Number(backupIdAt(a)) - Number(backupIdAt(b)));

        expect(order).toBe(Math.sign(minuteOf(a) - minuteOf(b)));
      }),
    );
  });

  it('names the minute it was made from', () => {
    fc.assert(
      fc.property(minutes, (time) => {
        expect(minuteOf(timeOfBackupId(backupIdAt(time)))).toBe(minuteOf(time));
      }),
    );
  });

  it('is accepted whenever it is the id of a time', () => {
    fc.assert(
      fc.property(minutes, (time) => {
        expect(backupIdSchema.safeParse(backupIdAt(time)).success).toBe(true);
      }),
    );
  });

  it.each([
    ['day 366 of a common year', '263661030'],
    ['day 367', '283671030'],
    ['day 0', '260001030'],
    ['hour 24', '263262400'],
    ['hour 25', '263262530'],
    ['minute 60', '263261060'],
    ['a leading zero', '063261030'],
    ['a minus', '-63261030'],
  ])('is refused with %s', (_what, text) => {
    expect(backupIdSchema.safeParse(text).success).toBe(false);
  });
});
