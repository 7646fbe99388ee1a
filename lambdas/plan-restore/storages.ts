import type { Answer, NodeAnswers } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { RestorePlan } from '../../model/plan.ts';
import { number } from '../quantities.ts';
import { size } from './markdown.ts';
import type { Notes } from './notes.ts';

export type Datanodes = readonly NodeAnswers<'InspectHopsfs'>[number][];
type Directory = Answer<'InspectHopsfs'>['directories'][number];
type Placement = RestorePlan['storagePlacement'][number];

/** A datanode of the backup: its storages in the order of the plan. */
interface Datanode {
  readonly uuid: string;
  readonly instanceId: string;
  readonly storages: readonly Placement[];
}

/**
 * Gives every datanode of the backup, with all its storages, to exactly one instance of the target: to the one that holds
 * some of it already, or else the one it ran on, if that can take it; then, the biggest first, to one that can, rather one without
 * blocks, with few directories and much space.
 * Refuses as `StorageUnplaced` and as `StorageOccupied`, naming all.
 */
export function placeStorages(manifest: Manifest, targets: Datanodes, { refuse }: Notes): Placement[] {
  const free = new Map(targets.map(({ instanceId, answer }) => [instanceId, answer.directories]));
  const homes = new Map<Datanode, string>();
  const datanodes = datanodesOf(manifest);
  const settle = (datanode: Datanode, instanceId: string) => {
    homes.set(datanode, instanceId);
    free.delete(instanceId);
  };
  for (const datanode of datanodes) {
    const holder = targets.find(({ answer }) => answer.directories.some((directory) => isOf(datanode, directory)));
    const home = holder?.instanceId ?? datanode.instanceId;
    if (fits(datanode, free.get(home))) settle(datanode, home);
  }
  for (const datanode of datanodes.filter((other) => !homes.has(other)).toSorted((a, b) => bytesOf(b) - bytesOf(a))) {
    const able = [...free].filter(([, directories]) => fits(datanode, directories));
    const rank = (a: readonly Directory[], b: readonly Directory[]) =>
      othersIn(a, datanode).length - othersIn(b, datanode).length || a.length - b.length || leastFree(b) - leastFree(a);
    const [best] = able.toSorted(([, a], [, b]) => rank(a, b));
    if (best) settle(datanode, best[0]);
  }
  const homeless = datanodes.filter((datanode) => !homes.has(datanode)).map(describe);
  if (homeless.length > 0) {
    refuse(new DrError('StorageUnplaced', `No instance that is left has the data directories and the space for ${homeless.join('; ')}.`));
  }
  const occupied = [...homes].flatMap(([datanode, home]) => {
    const { directories } = targets.find(({ instanceId }) => instanceId === home)?.answer ?? { directories: [] };
    return othersIn(directories, datanode).map(
      ({ path, blocks, storageId }) => `${home}:${path} holds ${number(blocks)} blocks of ${storageId}`,
    );
  });
  if (occupied.length > 0) refuse(new DrError('StorageOccupied', `${occupied.join('; ')}.`));
  return datanodes.flatMap((datanode) => datanode.storages.map((storage) => ({ ...storage, to: homes.get(datanode) ?? null })));
}

function datanodesOf({ plan, storages }: Manifest): Datanode[] {
  return [...new Set(plan.storages.map(({ datanodeUuid }) => datanodeUuid))].map((uuid) => {
    const own = plan.storages.filter(({ datanodeUuid }) => datanodeUuid === uuid);
    const placements = own.map(({ storageId, instanceId }) => {
      const { blocks = 0, bytes = 0 } = storages.find((receipt) => receipt.storageId === storageId) ?? {};
      return { storageId, from: instanceId, to: null, blocks, bytes };
    });
    return { uuid, instanceId: own[0]?.instanceId ?? '', storages: placements };
  });
}

/**
 * Whether RestoreBlocks finds a place for each storage: where it is already, or in the next directory that is left. Directories that
 * say the same free bytes are taken for one volume; what is there already needs no more space.
 */
function fits({ storages }: Datanode, directories: readonly Directory[] | undefined): boolean {
  if (!directories) return false;
  const left = directories.filter((directory) => !isOf({ storages }, directory));
  const needs = new Map<number, number>();
  for (const { storageId, bytes } of storages) {
    const present = directories.find((directory) => directory.storageId === storageId);
    const { freeBytes } = present ?? left.shift() ?? {};
    if (freeBytes === undefined) return false;
    needs.set(freeBytes, (needs.get(freeBytes) ?? 0) + Math.max(0, bytes - (present?.bytes ?? 0)));
  }
  return [...needs].every(([freeBytes, bytes]) => bytes <= freeBytes);
}

/** The directories that hold blocks of other storages than the datanode's. */
function othersIn(directories: readonly Directory[], datanode: Datanode): Directory[] {
  return directories.filter((directory) => directory.blocks > 0 && !isOf(datanode, directory));
}

function isOf({ storages }: Pick<Datanode, 'storages'>, directory: Directory): boolean {
  return storages.some(({ storageId }) => storageId === directory.storageId);
}

function describe(datanode: Datanode): string {
  const ids = datanode.storages.map(({ storageId }) => storageId);
  return `datanode ${datanode.uuid} of ${datanode.instanceId} (${ids.join(', ')}; ${size(bytesOf(datanode))})`;
}

const bytesOf = ({ storages }: Datanode) => storages.reduce((sum, { bytes }) => sum + bytes, 0);
const leastFree = (directories: readonly Directory[]) => Math.min(...directories.map(({ freeBytes }) => freeBytes));
