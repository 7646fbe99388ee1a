import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { controlSections, type Fragment, readControlSections, type Schema } from './control-file.ts';
import type { Configuration, RunningBackup } from './state.ts';

/** The three files that each part of each node has. */
export type FileKind = 'ctl' | 'log' | 'Data';

/** One row in a .Data file. */
export type StoredRow = readonly [table: string, key: string, values: string];

const HEADER_BYTES = 48;
const MAGIC = 'NDBBCKUP';
/** How RonDB ends a file: the footer of the last fragment, an empty entry of the log; a .ctl ends with its last section. */
const ENDS = { ctl: Buffer.alloc(0), log: Buffer.alloc(4), Data: Buffer.from('0000000300000006'.padEnd(48, '0'), 'hex') };
const FILE_TYPES = { ctl: 1, log: 2, Data: 3 };

/** Where a data node writes the backup of an id. */
export function backupDirectory(backupDataDirectory: string, id: number): string {
  return join(backupDataDirectory, 'BACKUP', `BACKUP-${id}`);
}

export function backupFile(backup: string, id: number, node: number, of: { part: number; parts: number }, kind: FileKind): string {
  return join(backup, `BACKUP-${id}-PART-${of.part}-OF-${of.parts}`, `BACKUP-${id}${kind === 'Data' ? '-0' : ''}.${node}.${kind}`);
}

/** How many parts the backup of a node has in this directory; undefined when it is not there. */
export function countParts(backup: string, id: number, node: number): number | undefined {
  return [1, 2].find((parts) => existsSync(backupFile(backup, id, node, { part: 1, parts }, 'ctl')));
}

/** Whether an earlier backup of this id has left anything on any node: RonDB overwrites no file. */
export function isTaken({ dataNodes }: Configuration, id: number): boolean {
  return dataNodes.some((node) => existsSync(backupDirectory(node.backupDirectory, id)));
}

/** Writes RonDB's header and then the stand-in's own lines; returns the size in bytes. */
export function writeBackupFile(file: string, kind: FileKind, backup: RunningBackup, lines: readonly unknown[]): number {
  return write(file, kind, backup, Buffer.concat([...lines.map((line) => Buffer.from(`${JSON.stringify(line)}\n`)), ENDS[kind]]));
}

/** Writes a finished .ctl. */
export function writeControlFile(file: string, backup: RunningBackup, schema: Schema, fragments: readonly Fragment[]): void {
  write(file, 'ctl', backup, controlSections(schema, fragments));
}

function write(file: string, kind: FileKind, { id, key }: RunningBackup, body: Buffer): number {
  const content = Buffer.concat([header(kind, id, key), body]);
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  writeFileSync(`${file}.new`, content, { mode: 0o644 });
  renameSync(`${file}.new`, file);
  return content.length;
}

/** The lines of a .Data. Throws RonDB's word for a file that is cut off. */
export function readBackupFile(file: string): unknown[] {
  const lines = readBody(file).toString().split('\n');
  if (lines.pop() !== ENDS.Data.toString()) throw new Error('readGCPEntry read error');
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** Also throws when the backup was aborted: then the .ctl was never finished. */
export function readSchema(file: string): Schema {
  const schema = readControlSections(readBody(file));
  if (schema === undefined) throw new Error('readGCPEntry read error');
  return schema;
}

function readBody(file: string): Buffer {
  const content = readFileSync(file);
  if (content.length < HEADER_BYTES || content.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new Error('readDataFileHeader: Error reading header');
  }
  return content.subarray(HEADER_BYTES);
}

function header(kind: FileKind, id: number, key: number): Buffer {
  const [formatVersion, ndbVersion, sectionType, sectionLength] = [0x6030b, 0x90702, 1, 9];
  const words = [
    formatVersion,
    sectionType,
    sectionLength,
    FILE_TYPES[kind],
    id,
    (1 << 16) | (id & 0xffff),
    key,
    0,
    ndbVersion,
    ndbVersion,
  ];
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word, MAGIC.length + 4 * index);
  bytes.writeUInt32LE(0x12345678, 36); // the byte order of who wrote it
  return bytes;
}
