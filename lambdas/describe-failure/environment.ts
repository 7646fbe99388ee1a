import { cluster, text } from '../environment-parts.ts';

export const environment = cluster.extend({ CONNECT_STRING: text, RUNBOOK: text });
