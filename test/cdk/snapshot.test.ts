import { describe, expect, it } from 'vitest';
import { outlineOf } from '../fixtures/outline.ts';
import { synthesizeExample } from '../fixtures/stack.ts';

describe('the stack of clusters/example.json', () => {
  // After a change that is meant: npx vitest run --config test/vitest.config.ts test/cdk/snapshot.test.ts --update
  it('is what outline.txt says', async () => {
    await expect(outlineOf(synthesizeExample())).toMatchFileSnapshot('outline.txt');
  });
});
