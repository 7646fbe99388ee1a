import type { NodeAnswers } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import type { BackupPlan } from '../../model/plan.ts';

type Storage = BackupPlan['storages'][number];

/**
 * Every storage of the datanodes, in the order of instances and paths. A directory without VERSION is none: no datanode has used it
 * yet. An instance without any is refused: its blocks may lie where nobody looks.
 * Errors: `SnapshotFailed`, naming every storage, datanode or instance that is not what one is.
 */
export function readStorages(datanodes: readonly NodeAnswers<'InspectHopsfs'>[number][]): Storage[] {
  const storages = datanodes
    .flatMap(({ instanceId, answer }) =>
      answer.directories.flatMap(({ path, storageId, datanodeUuid }) =>
        storageId === null || datanodeUuid === null ? [] : [{ storageId, datanodeUuid, instanceId, path }],
      ),
    )
    .sort((a, b) => a.instanceId.localeCompare(b.instanceId) || a.path.localeCompare(b.path));
  const wrong = [
    ...(datanodes.length === 0 ? ['No instance is a datanode.'] : []),
    ...datanodes
      .filter(({ instanceId }) => !storages.some((storage) => storage.instanceId === instanceId))
      .map(({ instanceId }) => `${instanceId} has no storage: none of the configured data directories there has a VERSION.`),
    ...groups(storages, 'storageId', 'path').map(([id, places]) => `Storage ${id} is in more than one place: ${places}.`),
    ...groups(storages, 'datanodeUuid', 'instanceId').map(([id, places]) => `Datanode ${id} is on more than one instance: ${places}.`),
    ...groups(storages, 'instanceId', 'datanodeUuid').map(([id, uuids]) => `${id} has directories of more than one datanode: ${uuids}.`),
  ];
  if (wrong.length > 0) throw new DrError('SnapshotFailed', wrong.join(' '));
  return storages;
}

/** The values of one field that occur with more than one of another, and with which; a path is one on its instance. */
function groups(storages: readonly Storage[], field: keyof Storage, other: keyof Storage): [value: string, others: string][] {
  const found = new Map<string, Set<string>>();
  for (const storage of storages) {
    const place = other === 'path' ? `${storage.instanceId}:${storage.path}` : storage[other];
    found.set(storage[field], (found.get(storage[field]) ?? new Set()).add(place));
  }
  return [...found].filter(([, places]) => places.size > 1).map(([value, places]) => [value, [...places].join(', ')]);
}
