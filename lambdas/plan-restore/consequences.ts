import { nameSome } from '../obstacles.ts';
import { number } from '../quantities.ts';
import type { Decisions } from './decide.ts';
import type { Findings } from './findings.ts';
import { size } from './markdown.ts';

type Decided = Decisions & { readonly findings: Findings };

/** What the target has and a restore replaces. */
export function overwritten(decided: Decided): string[] {
  const { scope, accounts, replace, findings, searchIndex, searchInstance, hopsfsInstances, blockForecast } = decided;
  const { count, names } = findings.target.userTables;
  return [
    ...(replace
      ? [`Every database that RonDB holds goes first, with its views, routines, triggers and events: ${tables(count, names)}.`]
      : findings.begun
        ? [
            `The ${number(count)} user tables that a restore of this backup, begun on ${findings.begun} and cut off, has left: completed, or dropped and created anew.`,
          ]
        : [scope === 'part' ? 'No table: one of the same name is refused.' : 'No table: a RonDB that holds any is refused.']),
    scope === 'part'
      ? 'Views, routines, triggers and events of the chosen databases that keep their name are replaced by those of the backup.'
      : 'Views, routines, triggers and events with the name of one in the backup are replaced.',
    ACCOUNTS[accounts],
    ...(hopsfsInstances.length > 0
      ? [
          `What the data directories of ${nameSome(hopsfsInstances)} hold is moved aside there, unless it is the very storage that comes back.`,
        ]
      : []),
    ...(blockForecast
      ? [
          `In the bucket of HopsFS blocks, ${number(blockForecast.returnable)} objects (${size(blockForecast.returnableBytes)}) that were deleted since come back; nothing else changes there.`,
        ]
      : []),
    ...(searchInstance ? [`The index ${searchIndex} of OpenSearch is dropped, and filled anew.`] : []),
  ];
}

const ACCOUNTS = {
  keep: "Accounts that exist keep their password; the backup's grants and default roles are added.",
  replace: 'Accounts that exist and are in the backup take its password and attributes; its grants and default roles are added.',
  none: 'No account: none is created or changed.',
} as const;

function tables(count: number, names: readonly string[]): string {
  return count === 0 ? 'there is none' : `${number(count)} user tables, ${nameSome(names, count)}`;
}

/** What of the backup, or of Hopsworks, does not come back. */
export function leftOut({ scope, selection, accounts, blocks, searchInstance, kafkaInstance, findings: { manifest } }: Decided): string[] {
  const rondb = [
    'mysql.ndb_apply_status and glassfish_timers.EJB__TIMER__TBL: the whole tables.',
    'hopsworks.hosts and hopsworks.host_services: their rows; a new cluster writes its own.',
    ...(accounts === 'none' ? [] : ["The accounts root, mysql.sys, mysql.session and mysql.infoschema: the target's own stay."]),
  ];
  if (selection.includes('exclude-tables')) rondb.push('Views and triggers on excluded tables, and grants on them.');
  if (scope === 'part') return [...rondb, 'Whatever was not chosen; the files of HopsFS, OpenSearch and Kafka. No service stops.'];
  const inBackup = manifest?.plan.blocks === 'disks' ? `; the backup holds blocks of ${manifest.storages.length} storages` : '';
  return [
    ...rondb,
    ...(blocks === 'none' ? [`HopsFS: the cluster file leaves it out${inBackup}.`] : []),
    ...(searchInstance
      ? ['OpenSearch: every other index, and its security settings.']
      : ['OpenSearch: the cluster file says that there is none.']),
    ...(kafkaInstance ? ['Kafka: the messages, offsets and access rules of the topics.'] : ['Kafka: the cluster file leaves it out.']),
  ];
}

/** What an operator must do when the last step has succeeded. */
export function afterwards(decided: Decided): string[] {
  const { scope, selection, blocks, idleDatanodes, findings, hopsworksUrl, searchInstance } = decided;
  const since = findings.manifest?.plan.startedAt ?? 'the recovery point';
  if (scope === 'part') {
    return [
      ...(selection.includes('rewrite-database')
        ? ['Hopsworks knows nothing of a database under its new name: take from it what is needed with SQL, then drop it.']
        : ["Compare the restored tables with the living ones that refer to them: they are as of the backup's time."]),
      'Take a backup.',
    ];
  }
  return [
    `Run the jobs again that wrote since ${since}: what came to HopsFS, to the feature store or to Kafka since then is not in the backup. report.html lists the topics.`,
    'Host certificates: RonDB names those of the old hosts as valid. Where hosts are new, revoke the old ones as the deployment does (ndb/restore/revoke_host_certificates).',
    'Everybody signs in again: sessions are not in the backup.',
    ...(searchInstance ? ['OpenSearch: check its security settings and roles; bring other indices back from its own snapshots.'] : []),
    ...(searchInstance && !hopsworksUrl
      ? ['The search of the feature store: as an administrator, POST to /hopsworks-api/api/admin/search/featurestore/reindex.']
      : []),
    ...(blocks === 'none'
      ? ['HopsFS: where there is one, bring its blocks back as of the recovery point, then start it. Never format.']
      : []),
    ...(blocks === 's3' && findings.datanodes.length === 0 ? ['HopsFS: start the datanodes again, wherever one runs.'] : []),
    ...(idleDatanodes.length > 0
      ? [
          `The datanodes of ${nameSome(idleDatanodes)} are not started: their directories are of the new deployment. Move these aside, then start them.`,
        ]
      : []),
    'Take a backup.',
  ];
}
