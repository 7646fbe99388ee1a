import { DrError } from '../../model/errors.ts';
import type { RestorePlan } from '../../model/plan.ts';
import type { Head } from '../inspection.ts';
import type { Notes } from './notes.ts';
import type { RestorePlanner } from './planner.ts';

type Derived = Pick<
  RestorePlan,
  'searchInstance' | 'searchUrl' | 'searchIndex' | 'searchCredentials' | 'kafkaInstance' | 'hopsworksUrl' | 'hopsworksCredentials'
>;

/** Where what Hopsworks derives from RonDB is built anew. Refuses as `ToolMissing` what the cluster file wants and no head can do. */
export function planDerived(
  { openSearch, kafka }: Pick<RestorePlanner, 'openSearch' | 'kafka'>,
  heads: readonly Head[],
  { refuse }: Notes,
): Derived {
  const headWith = (tool: Head['tools'][number], program: string, otherwise: string) => {
    const head = heads.find(({ tools }) => tools.includes(tool));
    if (!head) refuse(new DrError('ToolMissing', `No head node has ${program}. Where there is none, ${otherwise} in the cluster file.`));
    return head?.instanceId ?? '';
  };
  return {
    searchInstance: openSearch ? headWith('epipe', "ePipe's reindex-epipe.sh", 'set "openSearch": null') : '',
    searchUrl: openSearch?.url ?? '',
    searchIndex: openSearch?.index ?? '',
    searchCredentials: openSearch?.credentialsFile ?? 'none',
    kafkaInstance: kafka ? headWith('kafka', 'kafka-restore.sh', 'set "kafka": false') : '',
    hopsworksUrl: openSearch?.featureStore?.url ?? '',
    hopsworksCredentials: openSearch?.featureStore?.credentialsFile ?? 'none',
  };
}
