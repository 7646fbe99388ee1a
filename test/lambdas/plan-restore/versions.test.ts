import { describe, expect, it } from 'vitest';
import { readInspection } from '../../../lambdas/inspection.ts';
import { compareVersions } from '../../../lambdas/plan-restore/versions.ts';
import { dataNode, manifest, sha256, versions } from '../../fixtures/backup.ts';
import { inspection } from '../../fixtures/inspection.ts';
import { notebook } from './given.ts';

const warnings = (found: Partial<ReturnType<typeof versions>>, backup = manifest(), sqlVersion = '8.0.35', nodes = [dataNode(1)]) => {
  const { notes, warned } = notebook();
  compareVersions(backup, readInspection(inspection(nodes, [], { versions: versions(found), sqlVersion })), notes);
  return warned;
};

describe('comparing an installation with the backup', () => {
  it('says nothing of one that is the same', () => {
    expect(warnings({})).toEqual([]);
  });

  it.each([
    ['Hopsworks', { hopsworks: '4.0.0' }, /^Hopsworks differs.*the backup is of 3\.7\.0/],
    ['the cluster definition', { definitionSha256: sha256('other') }, /^The cluster definition differs/],
    ['the password', { passwordFingerprint: sha256('other') }, /^The encryption master password differs.*cannot read the secrets/],
    ['a password that is not there', { passwordFingerprint: null }, /^The encryption master password cannot be told/],
  ])('says what it means that %s differs', (_what, found, sentence) => {
    expect(warnings(found)).toEqual([expect.stringMatching(sentence)]);
  });

  it('says that the MySQL server and RonDB differ', () => {
    expect(warnings({}, manifest(), '8.4.6', [dataNode(1, { version: 'RonDB-24.10.1' })])).toEqual([
      expect.stringMatching(/^RonDB differs.*RonDB-24\.10\.1 restores a backup of RonDB-22\.10\.4/),
      expect.stringMatching(/^The MySQL server differs.*8\.4\.6 takes users and SQL objects of 8\.0\.35/),
    ]);
  });

  it.each([
    manifest({ versions: null }),
    manifest({ versions: versions({ hopsworks: null, definitionSha256: null, passwordFingerprint: null }) }),
  ])('says nothing of what the backup does not record', (backup) => {
    expect(warnings({ hopsworks: '4.0.0', definitionSha256: sha256('other'), passwordFingerprint: null }, backup)).toEqual([]);
  });
});
