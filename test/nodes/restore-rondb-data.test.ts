import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf, givenNode } from './given.ts';

const state = 'mysql-cluster/ndb/backups/hopsdr/263261030';
const excluded = 'mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL,hopsworks.hosts,hopsworks.host_services';
const assignments = 'i-0000000000000b001=1+3;i-0000000000000b002=2';

describe('restore-rondb-data', () => {
  function givenDownloads(restore: string) {
    const node = givenNode();
    node.givenFetched(1, 3);
    node.stub('ndb_restore', `echo "$*" >>"$HOPS_ROOT/restore.log"\n${restore}`);
    return node;
  }
  const restored = `for part in 1 2; do echo "2026-11-22T13:27:20Z INFO: [part $part] Restored 12$part tuples and $part log entries"; done
echo "Data and log restore successful"`;

  it('restores the rows of every backup node assigned to the instance, and tells how many', async () => {
    const node = givenDownloads(restored);

    const { stdout } = await node.run('restore-rondb-data', { assignments });

    const counted = { records: 243, logRecords: 3 };
    expect(answers.RestoreRondbData.parse(JSON.parse(stdout))).toEqual({ nodes: [1, 3].map((nodeId) => ({ nodeId, ...counted })) });
    const command = (id: number) =>
      `--no-defaults -c 127.0.0.1:1186 -n ${id} -b 263261030 --no-binlog --exclude-tables=${excluded} --backup_path=${node.path(state)}/node=${id}/BACKUP-263261030 -r\n`;
    expect(node.read('restore.log')).toBe(command(1) + command(3));
  });

  it('restores the rows of the selection only, leaving out what Hopsworks leaves out last of all', async () => {
    const node = givenDownloads(restored);

    await node.run('restore-rondb-data', { assignments, selection: 'include-tables=shop.a,shop.b;rewrite-database=shop,old' });

    expect(node.read('restore.log').match(/--no-binlog.*(?= --backup_path)/g)).toEqual(
      [1, 3].map(() => `--no-binlog --include-tables=shop.a,shop.b --rewrite-database=shop,old --exclude-tables=${excluded}`),
    );
  });

  it('does nothing on an instance without an assignment', async () => {
    const { stdout } = await givenDownloads('exit 1').run('restore-rondb-data', { assignments: 'i-0000000000000b002=1' });

    expect(JSON.parse(stdout)).toEqual({ nodes: [] });
  });

  it('fails when the rows of its second backup node cannot be restored', async () => {
    const node = givenDownloads(`[[ $* != *'-n 3'* ]] || { echo "Unable to find table: 723"; exit 1; }\n${restored}`);

    const { code, last, answer } = await node.run('restore-rondb-data', { assignments });

    expect({ code, answer }).toEqual({ code: 33, answer: '' });
    expect(last).toContain('RonDB node 3 of backup 263261030: ndb_restore ended with status 1: Unable to find table: 723');
  });

  it('does not take an exit code of 0 for success', async () => {
    const { code } = await givenDownloads('echo "Restored 5 tuples and 0 log entries"').run('restore-rondb-data', { assignments });

    expect(code).toBe(33);
  });

  it.each([
    ['has changed on the disk', 'oF 3'],
    ['has lost its end', 'of'],
    ['is gone', undefined],
  ])('restores nothing of a directory of which a file %s since it was fetched', async (_, content) => {
    const node = givenDownloads(restored);
    const file = `${state}/node=3/BACKUP-263261030/BACKUP-263261030.3.ctl`;
    if (content === undefined) node.remove(file);
    else node.write(file, content);

    const { code, last } = await node.run('restore-rondb-data', { assignments });

    expect(code).toBe(exitCodeOf('ChecksumMismatch'));
    expect(last).toMatch(/RonDB node 3 of the backup: \S+\/BACKUP-263261030\.3\.ctl is not what was fetched\. Start the restore again/);
    expect(node.read('restore.log')).not.toContain('-n 3');
  });

  it('restores nothing of a directory that was not downloaded here', async () => {
    const { code, last } = await givenDownloads(restored).run('restore-rondb-data', { assignments: 'i-0000000000000b001=2' });

    expect(code).toBe(25);
    expect(last).toContain('RonDB node 2 of the backup');
  });
});
