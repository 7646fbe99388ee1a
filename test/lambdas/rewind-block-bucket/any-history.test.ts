import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionedBucket } from '../../fixtures/versioned-bucket.ts';
import { type Blocks, givenSurvey, rewind } from './given.ts';

describe('a survey and a rewind of any history', () => {
  const [FROM, TO] = [1000, 2000];
  const nearAnEnd = fc.oneof(fc.integer({ min: FROM - 10, max: FROM + 9 }), fc.integer({ min: TO - 9, max: TO + 10 }));
  const events = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'b/c', 'é'), isPut: fc.boolean(), second: nearAnEnd }), {
    maxLength: 24,
  });
  const sizes = fc.record({ pageSize: fc.integer({ min: 1, max: 6 }), pageVersions: fc.integer({ min: 1, max: 6 }) });

  /** Whether an object with these events belongs to the recovery point, and has not been replaced since. */
  function isNeeded(own: readonly { isPut: boolean; second: number }[]): boolean {
    const isThereAtFirst = own.filter(({ second }) => second < FROM).at(-1)?.isPut === true;
    const puts = own.filter(({ isPut }) => isPut);
    return (isThereAtFirst || puts.some(({ second }) => second >= FROM && second <= TO)) && !puts.some(({ second }) => second > TO);
  }

  async function rewindAll(history: readonly { key: string; isPut: boolean; second: number }[], { pageSize = 5, pageVersions = 3 } = {}) {
    const blocks = versionedBucket({ pageSize });
    for (const { key, isPut, second } of history) isPut ? blocks.put(key, second) : blocks.remove(key, second);
    const before = { current: blocks.current(), versions: blocks.versions() };
    const { rewinder, pages, survey } = await givenSurvey(blocks, pageVersions);
    for (let page = 0; page < pages; page++) await rewind(rewinder, page);
    const needed = [...new Set(history.map(({ key }) => key))].filter((key) => isNeeded(history.filter((event) => event.key === key)));
    return { blocks, before, survey, needed };
  }

  const contents = (versions: ReturnType<Blocks['versions']>) =>
    versions.filter(({ bytes }) => bytes !== undefined).map(({ versionId }) => versionId);

  it('make exactly what the recovery point needs current, beside what was, and lose nothing', async () => {
    await fc.assert(
      fc.asyncProperty(events, sizes, async (unordered, chosen) => {
        // One event a second.
        const history = [...new Map(unordered.map((event) => [event.second, event])).values()].sort((a, b) => a.second - b.second);

        const { blocks, before, survey, needed } = await rewindAll(history, chosen);

        expect(blocks.current().toSorted()).toEqual([...new Set([...before.current, ...needed])].sort());
        expect(contents(blocks.versions())).toEqual(contents(before.versions));
        expect(survey.returnable.objects).toBe(needed.filter((key) => !before.current.includes(key)).length);
      }),
      { numRuns: 300 },
    );
  });

  it('miss nothing that the recovery point needs when much happens within a second', async () => {
    const close = events.map((found) => found.map((event) => ({ ...event, second: event.second - (event.second % 5) })));
    await fc.assert(
      fc.asyncProperty(close, async (unordered) => {
        const { blocks, before, needed } = await rewindAll(unordered.toSorted((a, b) => a.second - b.second));

        expect(blocks.current()).toEqual(expect.arrayContaining([...before.current, ...needed]));
        expect(contents(blocks.versions())).toEqual(contents(before.versions));
      }),
      { numRuns: 300 },
    );
  });
});
