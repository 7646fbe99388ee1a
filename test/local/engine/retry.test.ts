import { expect, it } from 'vitest';
import { retryDelay } from '../../../local/engine/retry.ts';

const retrier = { ErrorEquals: ['Flaky'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3, JitterStrategy: 'FULL' as const };

it.each([
  [0, 0, 0],
  [0, 0.5, 1],
  [2, 0.5, 4],
])('with full jitter, retry %i waits the random part %f of its whole delay: %f s', (index, random, expected) => {
  expect(retryDelay(retrier, index, () => random)).toBe(expected);
});
