import * as z from 'zod';

/** A datanode's storage, as its VERSION names it: `DS-…`. */
export const storageIdSchema = z.string().regex(/^DS-[A-Za-z0-9.:_-]{1,120}$/, 'expected the id of a storage: DS-…');
