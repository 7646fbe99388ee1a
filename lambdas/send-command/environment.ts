import * as z from 'zod';
import { roleTagsSchema } from '../../model/names.ts';
import { json, text } from '../environment-parts.ts';

export const environment = z.object({ DOCUMENT_PREFIX: text, TAGS: json(roleTagsSchema), LOG_GROUP: text });
