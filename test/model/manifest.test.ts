import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../model/manifest.ts';
import { manifest } from '../fixtures/backup.ts';

const damaged = (change: (copy: ReturnType<typeof manifest>) => object) => JSON.stringify(change(manifest()));

describe('reading a manifest', () => {
  it('returns what was sealed', () => {
    const sealed = manifest();

    expect(parseManifest(JSON.stringify(sealed, undefined, 2))).toEqual(sealed);
  });

  it.each([2, 0, '1', null])('refuses the format version %j, naming it and its own', (formatVersion) => {
    const read = () => parseManifest(JSON.stringify({ ...manifest(), formatVersion }));

    expect(read).toThrow(expect.objectContaining({ name: 'ManifestUnsupported' }));
    expect(read).toThrow(`The manifest has formatVersion ${JSON.stringify(formatVersion)}; this version reads 1.`);
  });

  it('names the format version first, whatever else such a manifest holds', () => {
    expect(() => parseManifest('{"formatVersion":7,"shards":[]}')).toThrow('has formatVersion 7');
  });

  it.each([
    ['empty text', ''],
    ['half of its text', JSON.stringify(manifest()).slice(0, 500)],
    ['a list', '[]'],
    ['null', 'null'],
    ['an unknown field', damaged((copy) => ({ ...copy, note: 'x' }))],
    ['no format version', damaged(({ formatVersion: _version, ...rest }) => rest)],
    ['no plan', damaged(({ plan: _plan, ...rest }) => rest)],
    ['no receipts', damaged((copy) => ({ ...copy, receipts: [] }))],
    ['one metadata file', damaged((copy) => ({ ...copy, metadata: copy.metadata.slice(1) }))],
    ['the plan of a restore', damaged((copy) => ({ ...copy, plan: { ...copy.plan, kind: 'restore' } }))],
    ['a backup id that is no minute', damaged((copy) => ({ ...copy, plan: { ...copy.plan, backupId: '999999999' } }))],
    ['a time in words', damaged((copy) => ({ ...copy, sealedAt: 'yesterday' }))],
  ])('refuses %s', (_what, text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ name: 'ManifestUnsupported' }));
  });
});
