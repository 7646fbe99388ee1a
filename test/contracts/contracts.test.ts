import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../../local/stand-in/tools.ts';
import { rondbHome } from '../rondb-home.ts';
import { backupContracts } from './backup.ts';
import { managementContracts } from './management.ts';
import { beginPractice, dumps, type Practice } from './practice.ts';
import { type Before, restoreContracts } from './restore.ts';
import { sqlContracts } from './sql.ts';

// What the node scripts rely on, asked of RonDB and of its stand-in alike: what is not here, the stand-in does not claim.
describe.each([
  { kind: 'the stand-in', home: undefined, absent: false },
  { kind: 'RonDB', home: rondbHome, absent: rondbHome === undefined },
])('the tools of $kind', ({ home, absent }) => {
  describe.skipIf(absent)('through a disaster', { timeout: 60_000 }, () => {
    let practice: Practice;
    let before: Before;
    beforeAll(async () => {
      practice = await beginPractice(home);
    }, 120_000);
    afterAll(() => practice?.end(), 30_000);

    describe('of a cluster at peace', () => managementContracts(() => practice));
    describe('for SQL', () => sqlContracts(() => practice));
    describe('for backups', () => backupContracts(() => practice));

    describe('after the disaster', () => {
      beforeAll(async () => {
        const [programs, triggers] = [await practice.dump(dumps.programs()), await practice.dump(dumps.triggers())];
        before = { fingerprint: await practice.cluster.fingerprint(), objects: programs.stdout + triggers.stdout };
        await practice.save();
        await practice.cluster.destroy();
      }, 120_000);

      restoreContracts(
        () => practice,
        () => before,
      );
    });

    it('are all asked for here', () => {
      expect([...practice.used].sort()).toEqual(Object.keys(tools).sort());
    });
  });
});
