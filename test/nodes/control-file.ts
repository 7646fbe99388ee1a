import { crc32, deflateRawSync } from 'node:zlib';

const words = (...values: number[]) => Buffer.concat(values.map((value) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex')));
const section = (type: number, content: Buffer) => Buffer.concat([words(type, 2 + content.length / 4), content]);

/** The first .ctl of a backup as RonDB writes it, with the rows of tables by `database/def/table`, each in two fragments. */
export function plainControlFile(tables: Record<string, number>): Buffer {
  const all = Object.entries(tables);
  const header = Buffer.concat([Buffer.from('NDBBCKUP'), words(0x6030b, 1, 9, 1, 263261030, 1, 2, 0x12345678, 0x90702, 0x90702)]);
  const descriptions = all.map(([name], index) => {
    const text = Buffer.from(`${name}\0`);
    const padded = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4)]);
    return section(5, Buffer.concat([words(2, 0x10001, text.length), padded, words(2, 20 + index, 3, 1)]));
  });
  // A foreign key: what follows its name is no id.
  const foreignKey = section(5, Buffer.concat([words(24, 0x10001, 4), Buffer.from('fk1\0'), words(3, 20)]));
  const fragments = all.flatMap(([, rows], index) => [
    section(7, words(20 + index, 0, rows % 2 ** 32, 0, 0, 0)),
    section(7, words(20 + index, 1, 0, Math.floor(rows / 2 ** 32), 0, 0)),
  ]);
  return Buffer.concat([header, section(4, words(20, 21)), ...descriptions, foreignKey, section(6, words(5, 8)), ...fragments]);
}

/** The same with CompressedBackup. */
export function compressedControlFile(tables: Record<string, number>): Buffer {
  const plain = plainControlFile(tables);
  const header = Buffer.concat([Buffer.from('fe03011000000200', 'hex'), Buffer.alloc(504)]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain), 0);
  trailer.writeUInt32LE(plain.length, 4);
  const content = Buffer.concat([header, deflateRawSync(plain), trailer, Buffer.from('DBDN')]);
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
