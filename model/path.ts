import * as z from 'zod';
import { patternOf } from './actions.ts';

/** A file or directory on a node. */
export const pathSchema = z.string().regex(patternOf('passwordFile'), 'expected an absolute path: letters, digits, _, . and -');
