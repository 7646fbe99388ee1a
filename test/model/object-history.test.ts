import { describe, expect, it } from 'vitest';
import { judge } from '../../model/object-history.ts';
import { BACKED_UP, versionedBucket } from '../fixtures/versioned-bucket.ts';

/** What becomes of an object with events like `put 10, remove 3000`, oldest first; the backup was taken from second 1000 to 2000. */
function verdictOn(events: string) {
  const bucket = versionedBucket();
  for (const event of events.split(', ')) {
    const [kind, second] = event.split(' ');
    bucket[kind as 'put' | 'remove']('key', Number(second));
  }
  return judge(bucket.versions(), BACKED_UP);
}

describe('an object of a recovery point', () => {
  it.each([
    ['was never deleted', 'put 10'],
    ['was created while the backup ran', 'put 1500'],
    ['was created in its last second', 'put 2000'],
    ['was deleted and created again before', 'put 10, remove 20, put 30'],
    ['was replaced before', 'put 10, put 30'],
  ])('is present when it %s', (_what, events) => {
    expect(verdictOn(events)).toEqual({ fate: 'present' });
  });

  it.each([
    ['was deleted after the backup', 'put 10, remove 3000', ['v2']],
    ['was deleted while it ran', 'put 10, remove 1500', ['v2']],
    ['was deleted in its first second', 'put 10, remove 1000', ['v2']],
    ['was deleted more than once', 'put 10, remove 3000, remove 3001, remove 9000', ['v4', 'v3', 'v2']],
    ['was created while it ran, and deleted', 'put 1500, remove 1600', ['v2']],
    ['was created and deleted in one second while it ran', 'put 1500, remove 1500, remove 1501', ['v3', 'v2']],
    ['was deleted and created again before, and deleted since', 'put 10, remove 20, put 30, remove 3000', ['v4']],
    ['was deleted and created again in one second before, and deleted since', 'put 10, remove 20, put 20, remove 3000', ['v4']],
  ])('comes back when it %s', (_what, events, deleteMarkers) => {
    expect(verdictOn(events)).toEqual({ fate: 'returnable', bytes: 1, deleteMarkers });
  });

  it.each([
    ['and not deleted', 'put 10, put 3000'],
    ['after it was deleted', 'put 10, remove 3000, put 3001'],
    ['and deleted', 'put 10, put 3000, remove 3001'],
    ['in the second of its deletion', 'put 10, remove 3000, put 3000'],
  ])('is left as it is when it was replaced since %s', (_what, events) => {
    expect(verdictOn(events)).toEqual({ fate: 'overwritten' });
  });

  it.each([
    ['deleted since', 'remove 3000'],
    ['deleted while the backup ran', 'remove 1500'],
    ['deleted since and written anew', 'remove 3000, put 4000'],
  ])('is lost when it was %s, and its content is gone', (_what, events) => {
    expect(verdictOn(events)).toEqual({ fate: 'lost' });
  });

  it('is present when an upload that began before a deletion ended after it', () => {
    // S3 gives an upload in parts the time at which it began.
    expect(verdictOn('put 10, remove 1500, put 1400')).toEqual({ fate: 'present' });
  });
});

describe('an object that is none of the recovery point', () => {
  it.each([
    ['was deleted before', 'put 10, remove 999'],
    ['was deleted before, and again since', 'put 10, remove 999, remove 3000'],
    ['was created and deleted in one second before', 'put 10, remove 10'],
    ['was deleted before, and its content is gone', 'remove 999'],
    ['was created since', 'put 2001'],
    ['was created since, and deleted', 'put 2001, remove 3000'],
    ['was deleted before, and created since', 'put 10, remove 20, put 3000'],
    ['was deleted before, created since, and deleted', 'put 10, remove 20, put 3000, remove 4000'],
  ])('is left alone when it %s', (_what, events) => {
    expect(verdictOn(events)).toEqual({ fate: 'foreign' });
  });
});
