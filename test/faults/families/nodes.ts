import { symlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { onNode, type Scene } from '../stages/script.ts';

const own = 'mysql-cluster/ndb/backups/hopsdr';

export const backedUp = (scene: Scene, options = {}) => scene.givenBackup?.(options);

/** Lets a request to S3 begin and never answers it. */
function holdRequests({ bucket }: Scene): () => Promise<void> {
  let held = false;
  bucket.interfere((request) => {
    held ||= request.method === 'PUT';
    return held;
  });
  return async () => {
    while (!held) await delay(20);
  };
}

/** Programs, processes and disks of a node. */
export const nodes: Fault[] = [
  onNode({
    id: 'tool-exits-with-error',
    item: 'non-zero exit',
    action: 'UploadRondbBackup',
    injected: 'ndb_restore --print_meta exits 1',
    given: (scene) => [backedUp(scene), scene.stub('ndb_restore', 'echo "readGCPEntry read error"; exit 1')],
    error: 'BackupDirectoryInvalid',
    remains: 'local backup',
  }),
  onNode({
    id: 'tool-exits-0-without-success',
    item: 'non-zero exit',
    action: 'UploadRondbBackup',
    injected: 'ndb_restore exits 0 and does not say that it succeeded, as RonDB up to 21.04.14 could',
    given: (scene) => [backedUp(scene), scene.stub('ndb_restore', 'echo "Stop GCP of Backup: 8"')],
    error: 'BackupDirectoryInvalid',
    remains: 'local backup',
  }),
  onNode({
    id: 'unforeseen-exit',
    item: 'non-zero exit',
    action: 'UploadRondbBackup',
    injected: 'A system program that cannot fail exits 3',
    given: (scene) => [backedUp(scene), scene.stub('renice', 'exit 3')],
    error: 'ScriptFailed',
    remains: 'local backup',
  }),
  onNode({
    id: 'tool-missing',
    item: 'non-zero exit',
    action: 'CheckNodes',
    injected: 'ndb_restore is not installed',
    given: (scene) => scene.remove('mysql/bin/ndb_restore'),
    error: 'ToolMissing',
  }),
  onNode({
    id: 'python-too-old',
    item: 'non-zero exit',
    action: 'CheckNodes',
    injected: 'python3 is 3.5',
    given: (scene) => scene.stub('python3', 'echo "3.5.2 is older than 3.6" >&2; exit 1'),
    error: 'ToolMissing',
  }),
  onNode({
    id: 'kill-9-upload',
    item: 'kill -9',
    action: 'UploadRondbBackup',
    injected: 'kill -9 of the script and its group with a file in flight',
    given: (scene) => backedUp(scene),
    meanwhile: async (scene, run) => {
      await holdRequests(scene)();
      run.signal('SIGKILL');
    },
    error: 'NodeFailed',
    remains: 'local backup',
  }),
  onNode({
    id: 'kill-9-script-alone',
    item: 'kill -9',
    action: 'UploadRondbBackup',
    injected: 'kill -9 of the script alone: what it has begun ends by itself',
    given: (scene) => backedUp(scene),
    meanwhile: async (scene, run) => {
      await holdRequests(scene)();
      run.killAlone();
    },
    error: 'NodeFailed',
    remains: 'local backup',
  }),
  onNode({
    id: 'tool-exits-194',
    item: 'exit 194',
    action: 'UploadRondbBackup',
    injected: 'ndb_restore exits 194, by which a script asks the SSM agent for a reboot',
    given: (scene) => [backedUp(scene), scene.stub('ndb_restore', 'exit 194')],
    error: 'BackupDirectoryInvalid',
    remains: 'local backup',
  }),
  onNode({
    id: 'unforeseen-exit-194',
    item: 'exit 194',
    action: 'UploadRondbBackup',
    injected: 'A system program exits 194: the script must not pass that on to the SSM agent',
    given: (scene) => [backedUp(scene), scene.stub('renice', 'exit 194')],
    error: 'ScriptFailed',
    remains: 'local backup',
  }),
  onNode({
    id: 'broken-pipe',
    item: 'broken pipe',
    action: 'UploadRondbBackup',
    injected: 'A program in the middle of a pipe dies of SIGPIPE',
    given: (scene) => [backedUp(scene), scene.stub('comm', 'kill -PIPE $$')],
    error: 'ScriptFailed',
    remains: 'local backup',
  }),
  onNode({
    id: 'disk-too-full-for-backup',
    item: 'full disk',
    action: 'CheckNodes',
    injected: 'The volume of BackupDataDir has less free space than the backup needs',
    parameters: { requiredBytes: '9999999999999999' },
    error: 'DiskFull',
  }),
  onNode({
    id: 'disk-full-during-upload',
    item: 'full disk',
    action: 'UploadRondbBackup',
    injected: 'The volume fills up while the upload writes its journal (ENOSPC)',
    given: (scene) => [
      backedUp(scene),
      scene.stub(
        'python3',
        `[[ $1 != -I* || ! -f $2 ]] || sed -i 's/^                file.write(.*/                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))/' "$2"
exec /usr/bin/python3 "$@"`,
      ),
    ],
    error: 'DiskFull',
    remains: '3 objects, local backup',
  }),
  onNode({
    id: 'disk-read-only',
    item: 'read-only disk',
    action: 'UploadRondbBackup',
    injected: 'Nothing can be written beside the native backup',
    given(scene) {
      backedUp(scene);
      symlinkSync('/sys/kernel', scene.path(own));
    },
    error: 'ScriptFailed',
    remains: 'local backup',
  }),
  onNode({
    id: 'disk-read-only-for-download',
    item: 'read-only disk',
    action: 'DownloadRondbBackup',
    injected: 'Nothing can be written where a restore puts the backup',
    given: (scene) => symlinkSync('/sys/kernel', scene.path(own)),
    error: 'ScriptFailed',
  }),
  onNode({
    id: 'no-data-node-here',
    item: 'beyond the list',
    action: 'UploadRondbBackup',
    injected: 'The data node has moved to another host since the plan',
    given: (scene) => scene.stub('ndb_config', 'echo "1 10.250.250.250 /data /backups"'),
    error: 'DataNodeUnknown',
  }),
  onNode({
    id: 'no-credentials',
    item: 'access expiring midway',
    action: 'UploadRondbBackup',
    injected: 'The instance has lost its role: nobody hands out credentials',
    given: (scene) => backedUp(scene),
    environment: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' },
    error: 'CredentialsMissing',
    remains: 'local backup',
  }),
];
