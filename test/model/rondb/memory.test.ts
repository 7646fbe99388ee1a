import { describe, expect, it } from 'vitest';
import { parseMemory } from '../../../model/rondb/memory.ts';

const PAGE = 32_768;

describe('reading the report of MEMORYUSAGE', () => {
  it('counts the pages of hash indexes in, which a live cluster of 3,200 pages prints apart', () => {
    const text = `Connected to management server at 127.0.0.1 port 24186 (using cleartext)
Node 1: Data usage is 0%(3 32K pages of total 3199)
Node 1: Index usage is 0%(1 32K pages of total 3197)

`;

    expect(parseMemory(text)).toEqual([{ nodeId: 1, usedBytes: 4 * PAGE, totalBytes: 3200 * PAGE }]);
  });

  it('reads every node, and one without hash indexes', () => {
    const text = 'Node 1: Data usage is 50%(10 32K pages of total 20)\nNode 12: Data usage is 100%(7 32K pages of total 7)\n';

    expect(parseMemory(text)).toEqual([
      { nodeId: 1, usedBytes: 10 * PAGE, totalBytes: 20 * PAGE },
      { nodeId: 12, usedBytes: 7 * PAGE, totalBytes: 7 * PAGE },
    ]);
  });

  it.each(['', 'Unable to connect', 'Node 1: Index usage is 0%(1 32K pages of total 3197)'])('knows nothing of a node from %j', (text) => {
    expect(parseMemory(text)).toEqual([]);
  });
});
