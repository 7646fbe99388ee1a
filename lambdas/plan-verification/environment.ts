import { cluster, count, text } from '../environment-parts.ts';

export const environment = cluster.extend({ CONNECT_STRING: text, STEP_SECONDS: count });
