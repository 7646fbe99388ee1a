/** DataMemory of a data node, in bytes. */
export interface NodeMemory {
  readonly nodeId: number;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

const LINE = /^Node (\d+): (Data|Index) usage is .*?\((\d+) (\d+)K pages of total (\d+)\)\s*$/gm;

/**
 * Parses what `ALL REPORT MEMORYUSAGE` prints (getTextMemoryUsage in storage/ndb/src/common/debugger/EventLogger.cpp). Hash indexes
 * take their pages from DataMemory too: the total of a "Data" line is without them. Nodes without a "Data" line are left out.
 */
export function parseMemory(text: string): NodeMemory[] {
  const pages = [...text.matchAll(LINE)].map(([, nodeId, kind, used, kilobytes, total]) => ({
    nodeId: Number(nodeId),
    kind,
    used: Number(used) * Number(kilobytes) * 1024,
    total: Number(total) * Number(kilobytes) * 1024,
  }));
  return pages
    .filter(({ kind }) => kind === 'Data')
    .map(({ nodeId, used, total }) => {
      const index = pages.find((other) => other.nodeId === nodeId && other.kind === 'Index')?.used ?? 0;
      return { nodeId, usedBytes: used + index, totalBytes: total + index };
    });
}
