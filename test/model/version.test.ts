import { describe, expect, it } from 'vitest';
import { isOlder } from '../../model/version.ts';

describe('comparing versions of RonDB', () => {
  it.each([
    ['RonDB-22.10.3', 'RonDB-22.10.4'],
    ['RonDB-22.9.10', 'RonDB-22.10.0'],
    ['RonDB-21.04.14', 'RonDB-22.10.4'],
    ['mysql-8.0.35 ndb-8.0.35', 'mysql-9.7.2 ndb-9.7.2'],
  ])('%s is older than %s, and not the other way round', (older, newer) => {
    expect(isOlder(older, newer)).toBe(true);
    expect(isOlder(newer, older)).toBe(false);
  });

  it('a version is not older than itself', () => {
    expect(isOlder('RonDB-22.10.4', 'RonDB-22.10.4')).toBe(false);
  });

  it.each(['', 'RonDB', '22.10'])('refuses to judge %j', (version) => {
    expect(() => isOlder(version, 'RonDB-22.10.4')).toThrow(`No version number in "${version}"`);
  });
});
