import * as z from 'zod';
import { openSearchSchema } from '../../model/open-search.ts';
import { servicesSchema } from '../../model/units.ts';
import { json } from '../environment-parts.ts';
import { environment as planner } from '../plan-backup/environment.ts';

export const environment = planner.extend({
  SERVICES: json(servicesSchema),
  OPEN_SEARCH: json(openSearchSchema),
  KAFKA: json(z.boolean()),
});
