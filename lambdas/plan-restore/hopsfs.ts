import { DrError } from '../../model/errors.ts';
import type { Hopsfs } from '../../model/hopsfs.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { RestorePlan } from '../../model/plan.ts';
import { foundShare, type Survey } from '../../model/rewind.ts';
import type { Head } from '../inspection.ts';
import { number } from '../quantities.ts';
import type { Notes } from './notes.ts';
import { recordedTables } from './selection.ts';
import { type Datanodes, placeStorages } from './storages.ts';

/** HopsFS leaves safe mode by itself when it finds this share of its blocks. */
const THRESHOLD = 0.999;
/** A NameNode that deletes what it does not know sooner gives nobody the time to stop it. */
const GUARD_SECONDS = 3600;

/** What a plan says of HopsFS. */
export type HopsfsPlan = Pick<
  RestorePlan,
  | 'blocks'
  | 'storagePlacement'
  | 'blockForecast'
  | 'hopsfsInstances'
  | 'storages'
  | 'dataDirectories'
  | 'rewindPages'
  | 'nameNode'
  | 'nameNodeUnits'
  | 'hopsfsStarters'
  | 'unitAssignments'
  | 'safeModeSeconds'
> & {
  /** Instances whose datanode is not started: what it holds belongs to the deployment that the restore replaces. */
  readonly idleDatanodes: readonly string[];
};

interface Found {
  readonly manifest: Manifest;
  readonly heads: readonly Head[];
  readonly datanodes: Datanodes;
  readonly survey: Survey;
}

/**
 * How HopsFS comes back; `hopsfs` is null when it is left out. Refuses as `BlocksLost`, `StorageUnplaced`, `StorageOccupied`,
 * `ToolMissing`, `DeletionGuardMissing` and `RewindFailed`.
 */
export function planHopsfs(hopsfs: Hopsfs | null, { manifest, heads, datanodes, survey }: Found, notes: Notes): HopsfsPlan {
  const storagePlacement = hopsfs?.storage === 'disks' ? placeOnDisks(manifest, datanodes, notes) : [];
  const s3 = hopsfs?.storage === 's3' ? readSurvey(manifest, survey, notes) : undefined;
  const nameNodes = heads.filter(({ tools }) => tools.includes('hdfs')).map(({ instanceId }) => instanceId);
  if (hopsfs) checkNameNodes(heads, notes);
  const taking = [...new Set(storagePlacement.flatMap(({ to }) => to ?? []))].sort();
  const isNew = ({ answer }: Datanodes[number]) => answer.directories.every(({ storageId }) => storageId === null);
  const starting = datanodes.filter((datanode) => hopsfs?.storage !== 'disks' || taking.includes(datanode.instanceId) || isNew(datanode));
  const nameNodeUnits = hopsfs ? [...hopsfs.nameNodeNeeds, hopsfs.nameNodeUnit] : ['namenode'];
  const nameNode = nameNodes[0] ?? heads[0]?.instanceId ?? '';
  const units = new Map(nameNodes.slice(1).map((instanceId) => [instanceId, [...nameNodeUnits]]));
  for (const { instanceId } of hopsfs ? starting : []) {
    units.set(instanceId, [...(units.get(instanceId) ?? []), hopsfs?.dataNodeUnit ?? 'datanode']);
  }
  // A step needs an instance; to start again what runs changes nothing.
  if (units.size === 0) units.set(nameNode, nameNodeUnits);
  return {
    blocks: hopsfs?.storage ?? 'none',
    storagePlacement,
    blockForecast: s3 ? forecastOf(s3) : null,
    hopsfsInstances: taking,
    storages: taking
      .map(
        (instanceId) =>
          `${instanceId}=${storagePlacement.flatMap(({ storageId, to }) => (to === instanceId ? [storageId] : [])).join('+')}`,
      )
      .join(';'),
    dataDirectories: hopsfs?.storage === 'disks' ? hopsfs.dataDirectories.join(':') : '',
    rewindPages: s3?.pages ?? 0,
    nameNode,
    nameNodeUnits: nameNodeUnits.join('+'),
    hopsfsStarters: [...units.keys()],
    unitAssignments: [...units].map(([instanceId, own]) => `${instanceId}=${own.join('+')}`).join(';'),
    safeModeSeconds: String((hopsfs?.safeModeMinutes ?? 120) * 60),
    idleDatanodes: datanodes.filter((datanode) => !starting.includes(datanode)).map(({ instanceId }) => instanceId),
  };
}

function placeOnDisks(manifest: Manifest, datanodes: Datanodes, notes: Notes): HopsfsPlan['storagePlacement'] {
  const { backupId, blocks } = manifest.plan;
  if (blocks === 'disks') return placeStorages(manifest, datanodes, notes);
  const sentence = `Backup ${backupId} holds no blocks of HopsFS: when it was taken, the cluster file did not say that they lie on disks.`;
  notes.refuse(new DrError('BlocksLost', sentence));
  return [];
}

/** The survey of the backup's blocks, with the share of them that HopsFS will find. */
function readSurvey(manifest: Manifest, survey: Survey, { refuse, warn }: Notes) {
  const { backupId, blocks } = manifest.plan;
  if (blocks === 'disks') {
    refuse(new DrError('BlocksLost', `The blocks of backup ${backupId} lay on disks; the cluster file says that they are in S3.`));
  }
  if (survey.kind === 'none' || survey.backupId !== backupId) {
    const seen = survey.kind === 'none' ? 'no backup' : `backup ${survey.backupId}`;
    const remedy = 'another was completed meanwhile? Start a new execution, or give its id.';
    refuse(new DrError('RewindFailed', `The bucket was searched for the blocks of ${seen}, and ${backupId} is to be restored; ${remedy}`));
    return undefined;
  }
  const { lost, overwritten } = survey;
  const recorded = recordedTables(manifest).find(({ table }) => table === 'hops.hdfs_block_infos')?.rows ?? 0;
  const share = foundShare(survey, recorded);
  const found = `HopsFS will find ${percent(share)} of the ${number(recorded)} blocks of backup ${backupId}; ${number(lost)} objects have left a trace and are lost`;
  if (share < THRESHOLD) refuse(new DrError('BlocksLost', `${found}, and leaves safe mode at ${percent(THRESHOLD)}.`));
  else if (lost > 0) warn(`${found}. AwaitSafeModeExit will fail and name the number of missing blocks.`);
  if (overwritten > 0) warn(`${number(overwritten)} objects were replaced since the recovery point, and are left as they are.`);
  return { ...survey, share };
}

function forecastOf({
  present,
  returnable,
  overwritten,
  lost,
  share,
}: NonNullable<ReturnType<typeof readSurvey>>): HopsfsPlan['blockForecast'] {
  return { present, returnable: returnable.objects, returnableBytes: returnable.bytes, overwritten, lost, foundShare: share };
}

function checkNameNodes(heads: readonly Head[], { refuse }: Notes): void {
  const nameNodes = heads.filter(({ tools }) => tools.includes('hdfs'));
  if (nameNodes.length === 0) {
    refuse(
      new DrError(
        'ToolMissing',
        'No head node has hdfs, so no NameNode can be started. Without HopsFS: leave hopsfs out of the cluster file.',
      ),
    );
    return;
  }
  const unguarded = nameNodes.filter(({ deletionDelaySeconds }) => (deletionDelaySeconds ?? 0) < GUARD_SECONDS);
  if (unguarded.length === 0) return;
  const found = unguarded.map(
    ({ instanceId, deletionDelaySeconds: seconds }) => `${instanceId} (${seconds === null ? 'not told' : `${seconds} s`})`,
  );
  refuse(new DrError('DeletionGuardMissing', `dfs.namenode.startup.delay.block.deletion.sec is too small on ${found.join(', ')}.`));
}

/** `99.9 %`, never rounded up. */
export function percent(share: number): string {
  return `${Math.floor(share * 10_000) / 100} %`;
}
