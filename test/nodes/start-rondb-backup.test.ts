import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { exitCodeOf, givenNode, unpack } from './given.ts';

const started = 'id=1\t@127.0.0.1  (RonDB-22.10.4, Nodegroup: 0, *)';
const block = [
  'Node 1: Backup 263261030 started from node 49 completed',
  ' StartGCP: 85 StopGCP: 88',
  ' #Records: 140002 #LogRecords: 0',
  ' Data: 3360448 bytes Log: 0 bytes',
];
const facts = { backupId: '263261030', startGcp: 85, stopGcp: 88, records: 140002, logRecords: 0, dataBytes: 3360448, logBytes: 0 };
const logged = '2026-11-22T10:30:01Z [MgmtSrvr] INFO     -- ';
const completedLine = `${logged}Node 1: Backup 263261030 started from node 49 completed. StartGCP: 85 StopGCP: 88 #Records: 140002 #LogRecords: 0 Data: 3360448 bytes Log: 0 bytes`;
const refusal = (reason: string) => ['Backup failed', '*  3001: Could not start backup', `*        ${reason}`];

describe('start-rondb-backup', () => {
  /** `start` is what ndb_mgm does on START BACKUP. */
  function givenManagement(start: string, { show = [started], status = 'echo "Node 1: Backup not started"' } = {}) {
    const node = givenNode();
    node.stub(
      'ndb_mgm',
      `echo "$*" >>${node.path('mgm.log')}
case "$*" in
  *SHOW) printf '%s\\n' '[ndbd(NDB)]	${show.length} node(s)' ${show.map((line) => `'${line}'`).join(' ')} '' '[ndb_mgmd(MGM)]	1 node(s)' 'id=49 @127.0.0.1 (x)' ;;
  *BACKUPSTATUS) ${status} ;;
  *START*) ${start} ;;
esac`,
    );
    node.stub('ndb_config', `case "$*" in *ndb_mgmd*) echo "49 ${node.path('mgmd')}" ;; *) echo "1 127.0.0.1 / ${node.backups}" ;; esac`);
    node.write('mgmd/empty', '');
    return node;
  }
  const print = (lines: string[], status: number) => `cat <<'EOT'\n${lines.join('\n')}\nEOT\nexit ${status}`;
  const factsOf = (stdout: string) => parseCompleted(unpack(JSON.parse(stdout).output));

  it('answers the block with which RonDB reports completion', async () => {
    const node = givenManagement(print(['Node 1: Backup 263261030 started from node 49', ...block], 0));

    const { stdout } = await node.run('start-rondb-backup');

    expect(factsOf(stdout)).toEqual(facts);
    expect(node.read('mgm.log')).toContain('-e START BACKUP 263261030 SNAPSHOTEND WAIT COMPLETED');
  });

  it.each([
    ['BackupAlreadyRunning', 'A backup is already running: Permanent error: Application error'],
    ['BackupAborted', 'Backup aborted by user request: Permanent error: User defined error'],
    ['BackupAborted', 'Backup aborted due to node failure: Permanent error: Internal error'],
    ['BackupAborted', 'No space left on the device: Temporary error: Temporary Resource error'],
    ['BackupIdTaken', "Backup failed: file already exists (use 'START BACKUP <backup id>'): Temporary error: Temporary Resource error"],
    ['BackupRefused', 'Backup during software upgrade not supported'],
  ] as const)('calls it %s when RonDB says "%s"', async (name, reason) => {
    const node = givenManagement(print(refusal(reason), 255));

    const { code, last, answer } = await node.run('start-rondb-backup');

    expect({ code, answer }).toEqual({ code: exitCodeOf(name), answer: '' });
    expect(last).toContain(reason);
  });

  it.each([
    ['is not connected', 'id=2 (not connected, accepting connect from 127.0.0.1)'],
    ['is starting', 'id=2\t@127.0.0.1  (RonDB-22.10.4, starting, Nodegroup: 0)'],
    ['is in single-user mode', 'id=2\t@127.0.0.1  (RonDB-22.10.4, single user mode, Nodegroup: 0)'],
    ['has no node group', 'id=2\t@127.0.0.1  (RonDB-22.10.4, no nodegroup)'],
  ])('starts nothing while a data node %s', async (_, line) => {
    const node = givenManagement(print(block, 0), { show: [started, line] });

    const { code, last } = await node.run('start-rondb-backup');

    expect(code).toBe(13);
    expect(last).toContain(`RonDB node 2`);
    expect(node.read('mgm.log')).not.toContain('START BACKUP');
  });

  it('starts nothing when SHOW names no data node', async () => {
    const { code } = await givenManagement(print(block, 0), { show: [] }).run('start-rondb-backup');

    expect(code).toBe(13);
  });

  it.each(['mgmd/ndb_49_cluster.log', 'mgmd/ndb_49_cluster.log.1', 'mysql-cluster/log/cluster.log'])(
    'adopts a backup of this id that %s says is completed',
    async (file) => {
      const node = givenManagement(print(refusal('Backup failed: file already exists'), 255));
      const refused = '2026-11-22T10:31:00Z [MgmtSrvr] ALERT    -- Node 1: Backup 263261030 started from 49 has been aborted. Error: 1350';
      node.write(file, `${completedLine}\n${refused}\n`);

      const { stdout } = await node.run('start-rondb-backup');

      expect(factsOf(stdout)).toEqual(facts);
    },
  );

  it('does not adopt a backup that was aborted later', async () => {
    const node = givenManagement(print(refusal('Backup failed: file already exists'), 255));
    const aborted = '2026-11-22T10:31:00Z [MgmtSrvr] ALERT    -- Node 1: Backup 263261030 started from 49 has been aborted. Error: 1326';
    node.write('mgmd/ndb_49_cluster.log', `${completedLine}\n${aborted}\n`);

    const { code } = await node.run('start-rondb-backup');

    expect(code).toBe(exitCodeOf('BackupIdTaken'));
  });

  it('reads the cluster log when ndb_mgm ended with success but lost the event', async () => {
    const node = givenManagement(print(['get backup event failed for 3 times'], 0));
    node.write('mgmd/ndb_49_cluster.log', `${completedLine}\n`);

    const { stdout } = await node.run('start-rondb-backup');

    expect(factsOf(stdout)).toEqual(facts);
  });

  it('does not take an exit code of 0 for completion when nothing says so', async () => {
    const { code, last } = await givenManagement(print(['get backup event failed for 3 times'], 0)).run('start-rondb-backup');

    expect(code).toBe(exitCodeOf('BackupRefused'));
    expect(last).toContain('neither ndb_mgm nor the cluster log says that it completed');
  });

  it('waits for a backup of this id that runs already, and adopts it', async () => {
    const running = 'Node 1: Local backup status: backup 263261030 started from node 49';
    const node = givenManagement(print(block, 0));
    node.stub('sleep', 'exec /bin/sleep 0');
    node.stub(
      'ndb_mgm',
      `[[ $* != *START* ]] || exit 9
echo asked >>${node.path('asked')}
if [[ $(wc -l <${node.path('asked')}) -lt 3 ]]; then echo '${running}'; else echo 'Node 1: Backup not started'; fi`,
    );
    node.write('mgmd/ndb_49_cluster.log', `${completedLine}\n`);

    const { stdout } = await node.run('start-rondb-backup');

    expect(factsOf(stdout)).toEqual(facts);
  });

  it('aborts the backup when it is cancelled', async () => {
    const node = givenManagement(`touch "$HOPS_ROOT/begun"; exec sleep 60`);
    const run = node.start('start-rondb-backup');
    while (!node.has('begun')) await delay(20);

    run.signal('SIGTERM');
    const { code, last } = await run.ended;

    expect(code).toBe(exitCodeOf('BackupAborted'));
    expect(last).toContain('backup 263261030 was cancelled and is aborted');
    expect(node.read('mgm.log')).toContain('-e ABORT BACKUP 263261030');
  });

  it.each([
    ['86400', 84600],
    ['18000', 16200],
    ['3600', 3240],
    ['5', 5],
  ])('gives the backup of the %s seconds of its command %d, so that it can abort it', async (timeoutSeconds, limit) => {
    const node = givenManagement(print(block, 0));
    node.stub('timeout', `[[ $1 != --foreground ]] || shift; [[ $* != *START* ]] || echo "$1" >"$HOPS_ROOT/limit"; shift; exec "$@"`);

    await node.run('start-rondb-backup', { timeoutSeconds });

    expect(node.read('limit')).toBe(`${limit}\n`);
  });

  it('aborts the backup when its time is up', async () => {
    const node = givenManagement(print(block, 0));
    node.stub('timeout', '[[ $* == *START* ]] && exit 124; [[ $1 != --foreground ]] || shift; shift; exec "$@"');

    const { code } = await node.run('start-rondb-backup');

    expect(code).toBe(exitCodeOf('BackupTimedOut'));
    expect(node.read('mgm.log')).toContain('-e ABORT BACKUP 263261030');
  });

  it('says that the management server does not answer', async () => {
    const node = givenManagement('true');
    node.stub('ndb_mgm', 'echo "Unable to connect with connect string: nodeid=0,127.0.0.1:1186"; exit 255');

    const { code } = await node.run('start-rondb-backup');

    expect(code).toBe(12);
  });
});
