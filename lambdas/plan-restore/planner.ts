import type * as z from 'zod';
import type { openSearchSchema } from '../../model/open-search.ts';
import type { Services } from '../../model/units.ts';
import type { Bucket } from '../aws/s3.ts';
import type { Planner } from '../plan-backup/plan-backup.ts';

/** What of the cluster file says how the parts of Hopsworks are restored, and the parts of the bucket that the planner uses. */
export interface RestorePlanner<Call extends keyof Bucket = 'put' | 'read' | 'list' | 'listFolders'> extends Planner<Call> {
  readonly services: Services;
  readonly openSearch: z.infer<typeof openSearchSchema>;
  readonly kafka: boolean;
}
