import { scheduleSchema } from './schedule.ts';
import { depthSchema } from './verification.ts';

const { expression, flexibleMinutes } = scheduleSchema.shape;

/** When the newest backup is verified, and how deep. */
export const verificationScheduleSchema = scheduleSchema.extend({
  expression: expression.describe('When a verification of the newest backup starts; written as the expression of a backup'),
  flexibleMinutes: flexibleMinutes.describe('Minutes within which the start may be delayed; 0 to 1440. Default: 15'),
  depth: depthSchema.describe(
    '"objects": what S3 reports of each object; "bytes": every byte, read and hashed by the nodes; "database": every directory, read by ndb_restore',
  ),
});
