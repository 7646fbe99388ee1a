import type { ErrorName } from '../../../model/errors.ts';
import type { Fault } from '../fault.ts';
import type { Item } from '../items.ts';
import { onNode, type Scene } from '../stages/script.ts';
import { backedUp } from './nodes.ts';

const started = 'id=1\t@127.0.0.1  (RonDB-22.10.4, Nodegroup: 0, *)';
const completed = [
  'Node 1: Backup 263261030 started from node 49 completed',
  ' StartGCP: 85 StopGCP: 88',
  ' #Records: 140002 #LogRecords: 0',
  ' Data: 3360448 bytes Log: 0 bytes',
];
const print = (lines: readonly string[], status: number) => `cat <<'EOT'\n${lines.join('\n')}\nEOT\nexit ${status}`;
const refusal = (reason: string) => print(['Backup failed', '*  3001: Could not start backup', `*        ${reason}`], 255);

/** A head whose ndb_mgm does this on START BACKUP, and shows these data nodes. */
function managing(scene: Scene, start: string, show: readonly string[] = [started]): void {
  scene.stub(
    'ndb_mgm',
    `case "$*" in
  *SHOW) printf '%s\\n' '[ndbd(NDB)]	${show.length} node(s)' ${show.map((line) => `'${line}'`).join(' ')} '' '[ndb_mgmd(MGM)]	1 node(s)' 'id=49 @127.0.0.1 (x)' ;;
  *BACKUPSTATUS) echo "Node 1: Backup not started" ;;
  *START*) ${start} ;;
esac`,
  );
  scene.stub('ndb_config', `case "$*" in *ndb_mgmd*) echo "49 ${scene.path('mgmd')}" ;; *) echo "1 127.0.0.1 / ${scene.backups}" ;; esac`);
  scene.write('mgmd/empty', '');
}

const start = (id: string, item: Item, injected: string, error: ErrorName, remains: string, given: (scene: Scene) => unknown) =>
  onNode({ action: 'StartRondbBackup', id, item, injected, error, remains, given });

const refusing = (id: string, item: Item, error: ErrorName, reason: string) =>
  start(id, item, `RonDB answers "${reason}"`, error, 'backup asked for', (scene) => managing(scene, refusal(reason)));

const unready = (id: string, item: Item, what: string, line: string) =>
  start(id, item, `A data node ${what}`, 'DataNodeNotStarted', 'nothing', (scene) => managing(scene, print(completed, 0), [started, line]));

/** A row about the directory that RonDB left, in two parts. */
const directory = (id: string, item: Item, injected: string, spoil: (scene: Scene, part: (number: number) => string) => unknown) =>
  onNode({
    action: 'UploadRondbBackup',
    id,
    item,
    injected,
    given(scene) {
      backedUp(scene, { parts: true });
      const place = 'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030';
      spoil(scene, (number) => `${place}/BACKUP-263261030-PART-${number}-OF-2`);
    },
    error: 'BackupDirectoryInvalid',
    remains: 'local backup',
  });

const restoring = (scene: Scene, restore: string) => {
  scene.givenFetched(1, 3);
  scene.stub('ndb_restore', restore);
};
const data = { action: 'RestoreRondbData', parameters: { assignments: 'i-0000000000000b001=1+3' } } as const;

/** RonDB, as its tools tell what happens to it. */
export const rondb: Fault[] = [
  refusing(
    'another-backup-runs',
    'second backup running',
    'BackupAlreadyRunning',
    'A backup is already running: Permanent error: Application error',
  ),
  refusing('backup-id-taken', 'id reuse', 'BackupIdTaken', 'Backup failed: file already exists: Temporary error: Temporary Resource error'),
  refusing(
    'backup-aborted-by-operator',
    'beyond the list',
    'BackupAborted',
    'Backup aborted by user request: Permanent error: User defined error',
  ),
  refusing(
    'data-node-dies-as-told',
    'data node dying during START BACKUP',
    'BackupAborted',
    'Backup aborted due to node failure: Permanent error: Internal error',
  ),
  refusing(
    'disk-full-under-native-backup',
    'full disk',
    'BackupAborted',
    'No space left on the device: Temporary error: Temporary Resource error',
  ),
  refusing('mixed-versions', 'beyond the list', 'BackupRefused', 'Backup during software upgrade not supported'),
  refusing(
    'encryption-required',
    'beyond the list',
    'BackupRefused',
    'Data node/s configured to have encryption but password not provided',
  ),
  start(
    'mgmd-dies-during-backup',
    'mgmd dying',
    'ndb_mgmd dies: "1006: Illegal reply from server"',
    'BackupRefused',
    'backup asked for',
    (scene) => managing(scene, print(['Backup failed', '*  1006: Illegal reply from server'], 255)),
  ),
  start('mgmd-gone-before-backup', 'mgmd dying', 'ndb_mgmd does not answer', 'ManagementServerUnreachable', 'nothing', (scene) => {
    managing(scene, '');
    scene.stub('ndb_mgm', 'echo "Unable to connect with connect string: nodeid=0,127.0.0.1:1186"; exit 255');
  }),
  start('mgmd-has-no-slot', 'no free API slot', 'ndb_config finds no free node id', 'NoFreeApiSlot', 'nothing', (scene) => {
    managing(scene, '');
    scene.stub('ndb_mgm', 'echo "Could not alloc node id: No free node id found for mysqld(API)."; exit 255');
  }),
  start(
    'success-without-completion',
    'garbage on stdout',
    'ndb_mgm exits 0 and no one says that the backup completed',
    'BackupRefused',
    'backup asked for',
    (scene) => managing(scene, print(['get backup event failed for 3 times'], 0)),
  ),
  start(
    'completion-of-another-backup',
    'garbage on stdout',
    'ndb_mgm exits 0 and reports the completion of another id',
    'BackupRefused',
    'backup asked for',
    (scene) =>
      managing(
        scene,
        print(
          completed.map((text) => text.replace('263261030', '263261029')),
          0,
        ),
      ),
  ),
  onNode({
    id: 'native-backup-out-of-time',
    item: 'slow node',
    action: 'StartRondbBackup',
    injected: 'The native backup takes longer than its step may',
    given: (scene) => managing(scene, 'exec sleep 60'),
    parameters: { timeoutSeconds: '2' },
    error: 'BackupTimedOut',
    remains: 'backup asked for, backup aborted',
  }),
  onNode({
    id: 'native-backup-cancelled',
    item: 'beyond the list',
    action: 'StartRondbBackup',
    injected: 'The command is cancelled in the middle of the native backup',
    given: (scene) => managing(scene, 'touch "$HOPS_ROOT/begun"; exec sleep 60'),
    async meanwhile(scene, run) {
      while (!scene.has('begun')) await new Promise((resolve) => setTimeout(resolve, 20));
      run.signal('SIGTERM');
    },
    error: 'BackupAborted',
    remains: 'backup asked for, backup aborted',
  }),
  onNode({
    id: 'id-above-int32',
    item: 'id above 2147483647',
    action: 'StartRondbBackup',
    injected: 'The id 2611221030, which START BACKUP takes and older ndb_restore cannot read',
    given: (scene) => managing(scene, print(completed, 0)),
    parameters: { backupId: '2611221030' },
    error: 'ParameterInvalid',
  }),
  unready(
    'data-node-not-connected',
    'data node dying during START BACKUP',
    'is not connected',
    'id=2 (not connected, accepting connect from 127.0.0.1)',
  ),
  unready(
    'data-node-starting',
    'data node dying during START BACKUP',
    'is starting, and would be left out',
    'id=2\t@127.0.0.1  (RonDB-22.10.4, starting, Nodegroup: 0)',
  ),
  unready(
    'single-user-mode-as-told',
    'single-user mode',
    'is in single-user mode, in which START BACKUP hangs',
    'id=2\t@127.0.0.1  (RonDB-22.10.4, single user mode, Nodegroup: 0)',
  ),
  directory('part-missing', 'missing PART directory', 'The second PART directory is missing', (scene, part) => scene.remove(part(2))),
  directory('part-empty', 'missing PART directory', 'A PART directory is empty', (scene, part) => scene.empty(part(2))),
  directory('wrong-of-n', 'wrong OF-n', 'A PART directory says -OF-3 where there are two', (scene, part) =>
    scene.write(part(2).replace('OF-2', 'OF-3').concat('/core'), ''),
  ),
  directory('file-missing', 'missing PART directory', 'A .ctl is missing in one part', (scene, part) =>
    scene.remove(`${part(2)}/BACKUP-263261030.1.ctl`),
  ),
  directory('file-of-another-node', 'stale directory of the same id', 'A file of another data node lies in the directory', (scene, part) =>
    scene.write(`${part(1)}/BACKUP-263261030.2.ctl`, 'NDBBCKUP'),
  ),
  directory('file-with-other-content', 'truncated .log', 'A .log begins with other bytes than NDB writes', (scene, part) =>
    scene.write(`${part(1)}/BACKUP-263261030.1.log`, 'hello world'),
  ),
  directory('file-empty', 'truncated .ctl', 'A .ctl is empty', (scene, part) => scene.write(`${part(2)}/BACKUP-263261030.1.ctl`, '')),
  directory('parts-of-two-snapshots', 'stale directory of the same id', 'The parts were written by two backups of one id', (scene) =>
    scene.stub('ndb_restore', 'printf "Start GCP of Backup: 5\\nStop GCP of Backup: 8\\nStop GCP of Backup: 9\\nrestore successful\\n"'),
  ),
  onNode({
    ...data,
    id: 'data-before-schema',
    item: 'restore order',
    injected: 'Rows are restored before the schema: error 723',
    given: (scene) => restoring(scene, 'echo "Unable to find table: 723"; exit 1'),
    error: 'DataRestoreFailed',
    remains: 'database changed',
  }),
  onNode({
    ...data,
    id: 'second-half-not-restored',
    item: 'restore order',
    injected: 'ndb_restore fails for the second of two backup nodes on one instance',
    given: (scene) => restoring(scene, '[[ $* != *"-n 3"* ]] || { echo "Failed: 626"; exit 1; }; echo "Data and log restore successful"'),
    error: 'DataRestoreFailed',
    remains: 'database changed',
  }),
  onNode({
    ...data,
    id: 'directory-not-downloaded',
    item: 'missing PART directory',
    injected: 'A backup node whose directory is not on the instance',
    given: (scene) => restoring(scene, 'echo "Data and log restore successful"'),
    parameters: { assignments: 'i-0000000000000b001=2' },
    error: 'BackupDirectoryInvalid',
  }),
  onNode({
    ...data,
    id: 'restore-has-no-slot',
    item: 'no free API slot',
    injected: 'ndb_restore finds no free [api] slot',
    given: (scene) => restoring(scene, 'echo "Could not alloc node id: No free node id found for mysqld(API)"; exit 1'),
    error: 'NoFreeApiSlot',
    remains: 'database changed',
  }),
  onNode({
    id: 'tables-came-since-the-plan',
    item: 'configuration edited between plan and run',
    action: 'EmptyRondb',
    injected: 'A table was created between the plan that names what goes, and the restore',
    given(scene) {
      scene.stub('ndb_show_tables', `printf "1\\t'UserTable'\\t'Online'\\t'Yes'\\t'hops'\\t'def'\\t'new'\\n"`);
      scene.stub('mysql', 'echo 9.7.2');
    },
    error: 'EmptyingFailed',
  }),
  onNode({
    id: 'target-filled-since-the-plan',
    item: 'configuration edited between plan and run',
    action: 'RestoreRondbSchema',
    injected: 'Tables were created between the plan of a restore and its schema',
    given(scene) {
      restoring(scene, 'echo "-- hops/def/a --"; echo "restore successful"');
      scene.stub(
        'ndb_show_tables',
        `[[ $* == *'-t 2' ]] || exit 0; printf "1\\t'UserTable'\\t'Online'\\t'Yes'\\t'hops'\\t'def'\\t'new'\\n"`,
      );
    },
    error: 'TargetNotEmpty',
  }),
];
