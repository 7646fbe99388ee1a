import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Story } from './story.ts';

/** How many native backups the cluster has begun so far, of this id or of any. */
export function nativeBackups({ drill }: Story, backupId = '[0-9]+'): number {
  const head = drill.cluster.nodes.find(({ roles }) => roles.includes('head'))?.directory ?? '';
  const log = join(head, 'mysql-cluster/log/cluster.log');
  if (!existsSync(log)) return 0; // The stand-in has nothing to say yet.
  return readFileSync(log, 'utf8').match(new RegExp(`Backup ${backupId} started from node [0-9]+$`, 'gm'))?.length ?? 0;
}
