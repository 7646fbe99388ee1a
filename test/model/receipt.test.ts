import { describe, expect, it } from 'vitest';
import { partCount } from '../../model/parts.ts';
import { instanceIdSchema, metadataFileSchema, receiptSchema, storedFileSchema } from '../../model/receipt.ts';
import { checksumOf, metadataFile, receipt, storedFile } from '../fixtures/backup.ts';

describe('a receipt', () => {
  it('reads as it was written', () => {
    const written = receipt(1);

    expect(receiptSchema.parse(JSON.parse(JSON.stringify(written)))).toEqual(written);
  });

  it.each([
    ['another format version', { formatVersion: 2 }],
    ['an unknown field', { host: 'x' }],
    ['node id 0', { nodeId: 0 }],
    ['node id 256', { nodeId: 256 }],
    ['an instance name instead of an id', { instanceId: 'node-1' }],
    ['fewer than three files', { files: receipt(1).files.slice(0, 2) }],
    ['a negative GCP', { startGcp: -1 }],
  ])('is refused with %s', (_what, change) => {
    expect(receiptSchema.safeParse({ ...receipt(1), ...change }).success).toBe(false);
  });

  const MEBIBYTE = 1024 ** 2;
  const TEBIBYTE = 1024 ** 4;
  /** A receipt whose first file has so many bytes, and a checksum that ends so. */
  const withFile = (bytes: number, suffix: string) => {
    const [first, ...others] = receipt(1).files;
    return receiptSchema.safeParse({ ...receipt(1), files: [{ ...first, bytes, checksum: `${checksumOf('x')}${suffix}` }, ...others] });
  };

  it.each([
    [0, ''],
    [64 * MEBIBYTE - 1, ''],
    [64 * MEBIBYTE, '-1'],
    [64 * MEBIBYTE + 1, '-2'],
    [250 * 64 * MEBIBYTE + 129 * MEBIBYTE, '-252'],
    [40 * TEBIBYTE, '-9546'],
  ])('may name a file of %d bytes with a checksum that ends in "%s"', (bytes, suffix) => {
    expect(withFile(bytes, suffix).success).toBe(true);
  });

  it.each([
    ['of one part for a file that is stored by one request', 64 * MEBIBYTE - 1, '-1'],
    ['of a whole for a file that is cut', 64 * MEBIBYTE, ''],
    ['of more parts than the file has', 64 * MEBIBYTE, '-2'],
    ['of fewer parts than the file has', 64 * MEBIBYTE + 1, '-1'],
    ['of parts of one size for a file whose parts grow', 16 * 1024 * MEBIBYTE, '-256'],
    ['of more parts than S3 takes', 43 * TEBIBYTE, `-${partCount(43 * TEBIBYTE)}`],
  ])('is refused with a checksum %s', (_what, bytes, suffix) => {
    const { error } = withFile(bytes, suffix);

    expect(error?.issues.map(({ path }) => path.join('.'))).toContain('files.0.checksum');
  });
});

describe('the record of a stored file', () => {
  it.each([
    'BACKUP-263261030/BACKUP-263261030-0.1.Data',
    'BACKUP-263261030/BACKUP-263261030.1.ctl',
    'BACKUP-263261030-PART-2-OF-4/BACKUP-263261030.1.log',
    'users.sql',
    'objects.sql',
  ])('may be of %s', (path) => {
    expect(storedFileSchema.parse(storedFile(path)).path).toBe(path);
  });

  it.each([
    '/etc/passwd',
    'BACKUP-263261030.1.ctl',
    '../BACKUP-1/BACKUP-1.1.ctl',
    'BACKUP-1-PART-1-OF-2/../BACKUP-1.1.ctl',
    'BACKUP-1/BACKUP-1.1.ctl\n',
    'BACKUP-1/BACKUP-1.1.ctl x',
    'a/users.sql',
    'hosts.sql',
    '',
  ])('is never of %j', (path) => {
    expect(storedFileSchema.safeParse(storedFile(path)).success).toBe(false);
  });

  it.each([
    ['a checksum in hex', { checksum: 'a'.repeat(64) }],
    ['no checksum', { checksum: '' }],
    ['a fraction of a byte', { bytes: 1.5 }],
    ['a negative size', { bytes: -1 }],
    ['an encoding', { encoding: 'zstd' }],
    ['the checksum of no parts', { checksum: `${checksumOf('x')}-0` }],
    ['the checksum of more parts than S3 takes', { checksum: `${checksumOf('x')}-10001` }],
  ])('is refused with %s', (_what, change) => {
    expect(storedFileSchema.safeParse({ ...storedFile('users.sql'), ...change }).success).toBe(false);
  });

  it('may carry the checksum of a multipart upload', () => {
    const file = storedFile('users.sql');

    expect(storedFileSchema.safeParse({ ...file, checksum: `${file.checksum}-12` }).success).toBe(true);
  });

  it.each([
    ['without its', { sha256: undefined }],
    ['with a capital letter in its', { sha256: 'A'.repeat(64) }],
  ])('of metadata is refused %s SHA-256', (_what, change) => {
    const file = metadataFile('users.sql');

    expect(metadataFileSchema.parse(file)).toEqual(file);
    expect(metadataFileSchema.safeParse({ ...file, ...change }).success).toBe(false);
  });
});

describe('an instance id', () => {
  it.each(['i-12345678', 'i-0123456789abcdef0', 'mi-0123456789abcdef0'])('may be %s', (id) => {
    expect(instanceIdSchema.safeParse(id).success).toBe(true);
  });

  it.each(['', 'i-', 'i-1234567', 'i-0123456789abcdef01', 'mi-12345678', 'I-12345678', 'i-1234567g', 'i-12345678\n', 'i-12345678;id'])(
    'is never %j',
    (id) => {
      expect(instanceIdSchema.safeParse(id).success).toBe(false);
    },
  );
});
