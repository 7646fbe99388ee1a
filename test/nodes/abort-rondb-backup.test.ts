import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf, givenNode } from './given.ts';

describe('abort-rondb-backup', () => {
  /** A RonDB that takes the backup `id` until it was told `aborts` times to abort it. */
  function givenRunning(id: string, aborts = 1) {
    const node = givenNode();
    node.stub('sleep', 'exec /bin/sleep 0.1');
    node.write('told', '');
    node.stub(
      'ndb_mgm',
      `case "$*" in
  *BACKUPSTATUS)
    if [[ $(wc -l <"$HOPS_ROOT/told") -lt ${aborts} ]]; then echo 'Node 1: Local backup status: backup ${id} started from node 49'; else echo 'Node 1: Backup not started'; fi ;;
  *ABORT*) echo "$*" | sed 's/.*-e //' >>"$HOPS_ROOT/told" && echo 'Abort of backup ordered' ;;
esac`,
    );
    return node;
  }
  const aborted = (answer: string) => answers.AbortRondbBackup.parse(JSON.parse(answer)).aborted;

  it('aborts the backup and waits until RonDB no longer takes it', async () => {
    const node = givenRunning('263261030', 3);

    const { answer } = await node.run('abort-rondb-backup');

    expect(aborted(answer)).toBe(true);
    expect(node.read('told')).toBe('ABORT BACKUP 263261030\n'.repeat(3));
  });

  it('finds nothing to do the second time', async () => {
    const node = givenRunning('263261030');
    await node.run('abort-rondb-backup');

    const { answer } = await node.run('abort-rondb-backup');

    expect(aborted(answer)).toBe(false);
  });

  it('lets another backup run', async () => {
    const node = givenRunning('263261031');

    const { answer } = await node.run('abort-rondb-backup');

    expect(aborted(answer)).toBe(false);
    expect(node.read('told')).toBe('');
  });

  describe('with a client of a killed start-rondb-backup, which holds the lock,', () => {
    async function givenClient(node: ReturnType<typeof givenRunning>, life: string) {
      node.write('hopsdr/263261030.lock', '');
      const holding = ['30', 'flock', node.path('hopsdr/263261030.lock'), '-c', `touch ${node.path('locked')}; ${life}`];
      const client = spawn('timeout', holding, { stdio: 'ignore' });
      const ended = once(client, 'exit');
      while (!node.has('locked')) await delay(20);
      return { ended };
    }

    it('aborts the backup without waiting for it, and then waits for it', async () => {
      const node = givenRunning('263261030');
      const client = await givenClient(node, `until [ -s ${node.path('told')} ]; do sleep 0.1; done`);

      const { answer } = await node.run('abort-rondb-backup');

      expect(aborted(answer)).toBe(true);
      await client.ended;
    });

    it('aborts what that client still begins', async () => {
      const node = givenRunning('263261030', 0);
      node.stub(
        'ndb_mgm',
        `case "$*" in
  *BACKUPSTATUS)
    if [[ -f $HOPS_ROOT/begun && ! -s $HOPS_ROOT/told ]]; then echo 'Node 1: Local backup status: backup 263261030 started from node 49'; else echo 'Node 1: Backup not started'; fi
    touch "$HOPS_ROOT/asked" ;;
  *ABORT*) echo aborted >>"$HOPS_ROOT/told" ;;
esac`,
      );
      const client = await givenClient(node, `until [ -e ${node.path('asked')} ]; do sleep 0.1; done; touch ${node.path('begun')}`);

      const { answer } = await node.run('abort-rondb-backup');

      expect(aborted(answer)).toBe(true);
      await client.ended;
    });
  });

  it.each([
    ['RonDB still takes it', '263261030', 'true'],
    ['a process of start-rondb-backup still runs', '263261031', 'exit 1'],
  ])('gives up after ten minutes while %s', async (obstacle, running, flock) => {
    const node = givenRunning(running, 999);
    node.stub('flock', flock);

    const { code, last } = await node.run('abort-rondb-backup', {}, { SECONDS: '600' });

    expect(code).toBe(exitCodeOf('AbortFailed'));
    expect(last).toMatch(new RegExp(`backup 263261030: 600 seconds after it was to be stopped, ${obstacle}\\.$`));
  });

  it('says that the management server does not answer', async () => {
    const node = givenNode();
    node.stub('ndb_mgm', 'echo "Unable to connect with connect string: nodeid=0,127.0.0.1:1186"; exit 255');

    const { code, answer } = await node.run('abort-rondb-backup');

    expect({ code, answer }).toEqual({ code: exitCodeOf('ManagementServerUnreachable'), answer: '' });
  });
});
