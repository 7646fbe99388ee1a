/**
 * Whether the paths are exactly what RonDB writes for one node: three files, in BACKUP-<id> with one LDM, else in every
 * one of n parts (storage/ndb/src/kernel/blocks/ndbfs/Filename.cpp). n differs from node to node.
 */
export function isWholeBackupDirectory(paths: readonly string[], backupId: string, nodeId: number): boolean {
  const parts = Number(/-OF-(\d+)\//.exec(paths[0] ?? '')?.[1] ?? 0);
  const directories =
    parts === 0 ? [`BACKUP-${backupId}`] : Array.from({ length: parts }, (_, index) => `BACKUP-${backupId}-PART-${index + 1}-OF-${parts}`);
  const files = [`BACKUP-${backupId}-0.${nodeId}.Data`, `BACKUP-${backupId}.${nodeId}.ctl`, `BACKUP-${backupId}.${nodeId}.log`];
  const expected = directories.flatMap((directory) => files.map((file) => `${directory}/${file}`));
  return paths.length === expected.length && expected.every((path) => paths.includes(path));
}
