import { actions } from '../../model/actions.ts';
import type { RestorePlan } from '../../model/plan.ts';

/** The steps that follow the plan, in the order of the state machine, with the limits of their SSM documents or of the plan. */
export function stepsOf(stepSeconds: number, heads: readonly string[], rondbInstances: readonly string[]): RestorePlan['steps'] {
  const all = new Set([...heads, ...rondbInstances]).size;
  const data = rondbInstances.length;
  return [
    { name: 'CheckNodes', instances: all, limitSeconds: actions.CheckNodes.timeoutSeconds },
    { name: 'DownloadRondbBackup', instances: data, limitSeconds: stepSeconds },
    { name: 'RestoreRondbSchema', instances: 1, limitSeconds: stepSeconds },
    { name: 'RestoreRondbData', instances: data, limitSeconds: stepSeconds },
    { name: 'RebuildRondbIndexes', instances: 1, limitSeconds: stepSeconds },
    { name: 'RestoreUsers', instances: heads.length, limitSeconds: actions.RestoreUsers.timeoutSeconds },
    { name: 'RemoveLocalBackup', instances: data, limitSeconds: actions.RemoveLocalBackup.timeoutSeconds },
  ];
}

/** What the target has and a restore replaces, for a restore of the same backup that was cut off, on `begun`, or for none. */
export function overwrittenWith(tables: number, begun: string | undefined): string[] {
  return [
    begun
      ? `The ${tables} user tables that a restore of this backup, begun on ${begun} and cut off, has left: completed, or dropped and created anew.`
      : 'No table: a RonDB that holds any is refused.',
    "Views, routines, triggers and events with the name of one in the backup are replaced. Accounts that exist keep their password; the backup's grants and default roles are added.",
  ];
}

/** What the scripts on the nodes leave out. */
export const leftOut: readonly string[] = [
  'mysql.ndb_apply_status and glassfish_timers.EJB__TIMER__TBL: the whole tables.',
  'hopsworks.hosts and hopsworks.host_services: their rows; a new cluster writes its own.',
  "The accounts root, mysql.sys, mysql.session and mysql.infoschema: the target's own stay.",
  'HopsFS blocks, OpenSearch, Kafka: not part of this machine.',
];

/** What an operator must do when the last step has succeeded. */
export function afterwards(startedAt: string | undefined): string[] {
  return [
    'HopsFS: bring the blocks back as of the recovery point, start the NameNodes (never format), then the datanodes; wait until safe mode is left by itself and "Missing blocks: 0".',
    'OpenSearch: stop ePipe, run reindex-epipe.sh, start ePipe.',
    `Kafka: run kafka-restore.sh until every topic exists; run the jobs again that wrote since ${startedAt ?? 'the recovery point'}: what was in flight is not in the backup.`,
    'Start the services of Hopsworks, and take a backup.',
  ];
}
