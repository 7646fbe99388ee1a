import { describe, expect, it } from 'vitest';
import { exitCodeOf, givenNode } from './given.ts';

const prefix = 'practice/verifications/run-1';
const own = 'mysql-cluster/ndb/backups/hopsdr/verify-run-1';

describe('remove-verification', () => {
  it('removes what a verification that was killed has fetched, and nothing else', async () => {
    const { run, write, has } = givenNode();
    write(`${own}/node=1/BACKUP-263261030/a`, 'x');
    write('mysql-cluster/ndb/backups/hopsdr/verify-run-2/a', 'x');
    write('mysql-cluster/ndb/backups/hopsdr/263261030/a', 'x');
    write('mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/a', 'x');

    const { answer } = await run('remove-verification', { prefix });

    expect(answer).toBe('{}');
    expect(has(own)).toBe(false);
    for (const kept of ['hopsdr/verify-run-2/a', 'hopsdr/263261030/a', 'BACKUP/BACKUP-263261030/a']) {
      expect(has(`mysql-cluster/ndb/backups/${kept}`)).toBe(true);
    }
  });

  it('has nothing to do the second time', async () => {
    const { run } = givenNode();

    expect((await run('remove-verification', { prefix })).code).toBe(0);
  });

  it.each(['practice/verifications/..', 'practice/verifications/a/b', 'practice/verifications/'])(
    'refuses the prefix %s',
    async (refused) => {
      const { run } = givenNode();

      expect((await run('remove-verification', { prefix: refused })).code).toBe(exitCodeOf('ParameterInvalid'));
    },
  );
});
