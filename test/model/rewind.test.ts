import { describe, expect, it } from 'vitest';
import { foundShare, windowOf } from '../../model/rewind.ts';

describe('the window of a backup', () => {
  it('reaches two seconds beyond its beginning and its seal', () => {
    const window = windowOf({ startedAt: '2026-11-22T11:30:00.400+01:00' }, '2026-11-22T10:45:00.000Z');

    expect(window).toEqual({ from: '2026-11-22T10:29:58.400Z', to: '2026-11-22T10:45:02.000Z' });
  });
});

describe('the share that will be found', () => {
  const survey = (present: number, objects = 0, lost = 0, blocks = 0) => ({ present, returnable: { objects, bytes: 0 }, lost, blocks });

  it.each([
    [0, 0, 0, 1],
    [999, 0, 1, 0.999],
    [0, 3, 1, 0.75],
    [0, 0, 5, 0],
  ])('of %i present, %i returnable and %i lost objects is %d', (present, objects, lost, share) => {
    expect(foundShare(survey(present, objects, lost))).toBe(share);
  });

  it.each([
    ['none of 5, when the bucket is empty', survey(0), 5, 0],
    ['half of 100 that RonDB has recorded', survey(100, 0, 0, 50), 100, 0.5],
    ['all, when as many are missing as may have been open for writing', survey(160, 0, 0, 80), 100, 1],
    ['all, when 1 % of many is missing', survey(19_800, 0, 0, 9900), 10_000, 1],
    ['all, when there are more than RonDB has recorded', survey(20, 0, 0, 10), 5, 1],
    ['what is lost in any case', survey(3, 0, 1, 3), 3, 0.75],
    ['all objects, when none is named as a block', survey(90), 100, 1],
  ])('is %s', (_what, found, recordedBlocks, share) => {
    expect(foundShare(found, recordedBlocks)).toBe(share);
  });
});
