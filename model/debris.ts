import * as z from 'zod';

/**
 * What becomes of what dead runs left. A failed execution can be redriven for 14 days after its end, and may have written nothing in the
 * two days that its last step took: 16 days at least.
 */
export const debrisSchema = z.strictObject({
  remove: z.boolean().default(false).describe('Whether backups remove debris, or only report it. Default: false'),
  graceDays: z
    .int()
    .min(16)
    .max(365)
    .default(21)
    .describe(
      'Days for which nothing of a failed run is debris, because it can still be redriven; at least 16: Redrive works for 14 days after an execution has ended. Default: 21',
    ),
});
