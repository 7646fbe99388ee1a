import { describe, expect, it } from 'vitest';
import { instanceIdSchema, receiptSchema, storedFileSchema, storedName } from '../../model/receipt.ts';
import { receipt, storedFile } from '../fixtures/backup.ts';

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
    ['an sha256 in capitals', { sha256: 'A'.repeat(64) }],
    ['a fraction of a byte', { bytes: 1.5 }],
    ['a negative size', { storedBytes: -1 }],
    ['an unknown encoding', { encoding: 'gzip' }],
  ])('is refused with %s', (_what, change) => {
    expect(storedFileSchema.safeParse({ ...storedFile('users.sql'), ...change }).success).toBe(false);
  });

  it('may carry the checksum of a multipart upload', () => {
    const file = storedFile('users.sql');

    expect(storedFileSchema.safeParse({ ...file, checksum: `${file.checksum}-12` }).success).toBe(true);
  });

  it.each([
    ['identity', 'users.sql'],
    ['zstd', 'users.sql.zst'],
  ] as const)('with the encoding %s is stored as %s', (encoding, expected) => {
    expect(storedName(storedFile('users.sql', { encoding }))).toBe(expected);
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
