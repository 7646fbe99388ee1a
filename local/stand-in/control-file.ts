import type { Table } from './state.ts';

/** What a finished .ctl holds: all tables of the cluster, whichever node wrote it. */
export interface Schema {
  readonly tables: readonly Table[];
  readonly startGcp: number;
  readonly stopGcp: number;
}

/** The rows of one table in one part of the backup. */
export interface Fragment {
  readonly table: string;
  readonly rows: number;
}

// A section: its type, its length in words, both counted in, and its content. Numbers are those of RonDB's own files.
const [DESCRIPTION, GCPS, FRAGMENT] = [5, 6, 7];
const USER_TABLE = 2;
const [TEXT, NUMBER] = [0x10000, 0];
const [NAME, ID, DEFINITION] = [1, 2, 19];

/** The sections of a .ctl. What else the stand-in must know of a table stands where RonDB keeps mysqld's definition of it. */
export function controlSections({ tables, startGcp, stopGcp }: Schema, fragments: readonly Fragment[]): Buffer {
  const ids = new Map(tables.map((table, index) => [fullName(table), FIRST_ID + index]));
  return Buffer.concat([
    ...tables.map((table) =>
      section(DESCRIPTION, [
        words(USER_TABLE, TEXT | NAME),
        text(`${table.database}/def/${table.name}`),
        words(NUMBER | ID, ids.get(fullName(table)) ?? 0, TEXT | DEFINITION),
        text(JSON.stringify(table)),
      ]),
    ),
    section(GCPS, [words(startGcp, stopGcp - 1)]),
    ...fragments.map(({ table, rows }, index) => section(FRAGMENT, [words(ids.get(table) ?? 0, index, rows, 0, 0, 0)])),
  ]);
}

/** Reads what {@link controlSections} wrote; undefined when it is cut off, or was never finished. */
export function readControlSections(content: Buffer): Schema | undefined {
  const tables: Table[] = [];
  let gcps: { startGcp: number; stopGcp: number } | undefined;
  for (let at = 0; at < content.length; ) {
    if (at + 8 > content.length) return undefined;
    const [type, end] = [content.readUInt32BE(at), at + 4 * content.readUInt32BE(at + 4)];
    if (end > content.length) return undefined;
    if (type === DESCRIPTION) tables.push(JSON.parse(lastText(content.subarray(at, end))));
    if (type === GCPS) gcps = { startGcp: content.readUInt32BE(at + 8), stopGcp: content.readUInt32BE(at + 12) + 1 };
    at = end;
  }
  return gcps && { tables, ...gcps };
}

const FIRST_ID = 20;

function fullName({ database, name }: Table): string {
  return `${database}.${name}`;
}

function section(type: number, content: Buffer[]): Buffer {
  const whole = Buffer.concat(content);
  return Buffer.concat([words(type, 2 + whole.length / 4), whole]);
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, 4 * index);
  return buffer;
}

/** Its length with the zero at its end, and its bytes, filled up to whole words. */
function text(value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`);
  return Buffer.concat([words(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** The second text of a description. */
function lastText(description: Buffer): string {
  const nameLength = description.readUInt32BE(16);
  const at = 20 + 4 * Math.ceil(nameLength / 4) + 12;
  return description.toString('utf8', at + 4, at + 4 + description.readUInt32BE(at) - 1);
}
