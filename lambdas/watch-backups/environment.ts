import * as z from 'zod';
import { scheduleSchema } from '../../model/schedule.ts';
import { cluster, count, json } from '../environment-parts.ts';

export const environment = cluster.extend({ SCHEDULES: json(z.array(scheduleSchema)), GRACE_DAYS: count });
