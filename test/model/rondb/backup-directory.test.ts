import { describe, expect, it } from 'vitest';
import { isWholeBackupDirectory } from '../../../model/rondb/backup-directory.ts';
import { BACKUP_ID, backupPaths } from '../../fixtures/backup.ts';

const whole = (paths: readonly string[], nodeId = 1) => isWholeBackupDirectory(paths, BACKUP_ID, nodeId);
const [first = '', ...others] = backupPaths(1, 2);

describe("a data node's BACKUP directory", () => {
  it.each([0, 1, 2, 12])('is whole with the three files of each of %i parts', (parts) => {
    expect(whole(backupPaths(1, parts))).toBe(true);
  });

  it('is whole in whatever order its files are listed', () => {
    expect(whole(backupPaths(1, 12).toReversed())).toBe(true);
  });

  it.each(backupPaths(1, 2))('is not whole without %s', (missing) => {
    expect(whole(backupPaths(1, 2).filter((path) => path !== missing))).toBe(false);
  });

  it.each([
    ['nothing in it', []],
    ['a whole part missing', backupPaths(1, 3).slice(0, 6)],
    ['the files of another node', backupPaths(2, 2)],
    ['a file of another node besides', [...backupPaths(1, 2), ...backupPaths(2, 2).slice(0, 1)]],
    ['the files of another backup', backupPaths(1, 2, '263261031')],
    ['parts that count differently', [...backupPaths(1, 2).slice(0, 3), ...backupPaths(1, 3).slice(3, 6)]],
    ['one file twice instead of another', [first, ...others.slice(1), others[1] ?? '']],
    ['a file that RonDB does not write', [...backupPaths(1, 0), 'users.sql']],
  ])('is not whole with %s', (_what, paths) => {
    expect(whole(paths)).toBe(false);
  });
});
