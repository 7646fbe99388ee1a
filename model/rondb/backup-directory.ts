/** The files of one data node's BACKUP-<id> directory for one part; `part` is empty in the flat layout. */
function filesOfPart(backupId: string, nodeId: number, part: string): string[] {
  return ['-0.%.Data', '.%.ctl', '.%.log'].map((suffix) => `${part}BACKUP-${backupId}${suffix.replace('%', String(nodeId))}`);
}

/**
 * Whether the paths are exactly what RonDB writes for one node: three files, flat with one LDM, else in every one of n
 * parts (storage/ndb/src/kernel/blocks/ndbfs/Filename.cpp). n differs from node to node.
 */
export function isWholeBackupDirectory(paths: readonly string[], backupId: string, nodeId: number): boolean {
  const parts = Number(/-OF-(\d+)\//.exec(paths[0] ?? '')?.[1] ?? 0);
  const expected =
    parts === 0
      ? filesOfPart(backupId, nodeId, '')
      : Array.from({ length: parts }, (_, index) =>
          filesOfPart(backupId, nodeId, `BACKUP-${backupId}-PART-${index + 1}-OF-${parts}/`),
        ).flat();
  return paths.length === expected.length && expected.every((path) => paths.includes(path));
}
