import * as z from 'zod';
import { text } from '../environment-parts.ts';

export const environment = z.object({ DOCUMENT_PREFIX: text });
