import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode } from './given.ts';

const backups = 'mysql-cluster/ndb/backups';

describe('remove-local-backup', () => {
  function givenBackups() {
    const node = givenNode();
    for (const id of ['263261030', '263261031']) {
      node.write(`${backups}/BACKUP/BACKUP-${id}/BACKUP-${id}.1.ctl`, '');
      node.write(`${backups}/hopsdr/${id}/upload/record.json`, '');
    }
    return node;
  }

  it('removes the backup and what belongs to it, and nothing of another backup', async () => {
    const node = givenBackups();

    const { stdout } = await node.run('remove-local-backup');

    expect(answers.RemoveLocalBackup.parse(JSON.parse(stdout))).toEqual({ removed: [1] });
    expect(node.has(`${backups}/BACKUP/BACKUP-263261030`)).toBe(false);
    expect(node.has(`${backups}/hopsdr/263261030`)).toBe(false);
    expect(node.has(`${backups}/BACKUP/BACKUP-263261031/BACKUP-263261031.1.ctl`)).toBe(true);
    expect(node.has(`${backups}/hopsdr/263261031/upload/record.json`)).toBe(true);
  });

  it('answers the same when there is nothing left to remove', async () => {
    const node = givenBackups();
    const first = await node.run('remove-local-backup');

    const second = await node.run('remove-local-backup');

    expect(second.stdout).toBe(first.stdout);
  });

  it('refuses while RonDB writes this backup', async () => {
    const node = givenBackups();
    node.stub('ndb_mgm', 'echo "Node 1: Local backup status: backup 263261030 started from node 49"');

    const { code, last } = await node.run('remove-local-backup');

    expect(code).toBe(28);
    expect(last).toContain('backup 263261030 is running');
    expect(node.has(`${backups}/BACKUP/BACKUP-263261030`)).toBe(true);
  });

  it('removes nothing when RonDB cannot be asked', async () => {
    const node = givenBackups();
    node.stub('ndb_mgm', 'echo "Unable to connect"; exit 255');

    const { code } = await node.run('remove-local-backup');

    expect(code).toBe(12);
    expect(node.has(`${backups}/BACKUP/BACKUP-263261030`)).toBe(true);
  });

  it('names the directory that cannot be removed', async () => {
    const node = givenBackups();
    node.stub('rm', 'echo "rm: Permission denied" >&2; exit 1');

    const { code, last } = await node.run('remove-local-backup');

    expect(code).toBe(28);
    expect(last).toMatch(/RonDB node 1: .*BACKUP\/BACKUP-263261030 could not be removed\.$/);
  });
});
