import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode } from './given.ts';

const state = 'mysql-cluster/ndb/backups/hopsdr/263261030';
const excluded = 'mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL';
const recorded = 'echo "$*" >>"$HOPS_ROOT/restore.log"; echo "Data and log restore successful"';

describe('rebuild-rondb-indexes', () => {
  function givenDownload(restore: string) {
    const node = givenNode();
    node.givenFetched(1);
    node.stub('ndb_restore', restore);
    return node;
  }

  it('rebuilds with the exclusions of the schema', async () => {
    const node = givenDownload(recorded);

    const { stdout } = await node.run('rebuild-rondb-indexes');

    expect(answers.RebuildRondbIndexes.parse(JSON.parse(stdout))).toEqual({});
    const backup = node.path(`${state}/node=1/BACKUP-263261030`);
    expect(node.read('restore.log')).toContain(`--exclude-tables=${excluded} --backup_path=${backup} --rebuild-indexes\n`);
  });

  it('drops what an earlier run built before it builds again', async () => {
    const node = givenDownload(`${recorded}; [[ $* != *--rebuild* || -f "$HOPS_ROOT/again" ]] || { touch "$HOPS_ROOT/again"; exit 1; }`);
    await node.run('rebuild-rondb-indexes');

    const { code } = await node.run('rebuild-rondb-indexes');

    expect(code).toBe(0);
    expect(node.read('restore.log').match(/--(disable|rebuild)-indexes/g)).toEqual([
      '--rebuild-indexes',
      '--disable-indexes',
      '--rebuild-indexes',
    ]);
  });

  it('drops and rebuilds the indexes of the selection only, and says that a renamed database has no foreign keys', async () => {
    const node = givenDownload(recorded);
    node.write(`${state}/indexes.begun`, '');

    const { stderr } = await node.run('rebuild-rondb-indexes', { selection: 'include-databases=shop;rewrite-database=shop,old' });

    const options = ` --include-databases=shop --rewrite-database=shop,old --exclude-tables=${excluded} `;
    expect(node.read('restore.log').trim().split('\n')).toEqual([expect.stringContaining(options), expect.stringContaining(options)]);
    expect(stderr).toContain('ndb_restore brings no foreign key of a renamed database back.');
  });

  it('says why ndb_restore could not', async () => {
    const node = givenDownload('echo "ERROR: Failed to create foreign key fk1: 21033"; echo "Thread 1 failed, exiting"; exit 1');

    const { code, last } = await node.run('rebuild-rondb-indexes');

    expect(code).toBe(34);
    expect(last).toContain(
      'RonDB node 1 of backup 263261030: ndb_restore ended with status 1: ERROR: Failed to create foreign key fk1: 21033',
    );
  });

  it('names the directory that was not downloaded here', async () => {
    const { code } = await givenDownload('true').run('rebuild-rondb-indexes', { backupNodeId: '2' });

    expect(code).toBe(25);
  });
});
