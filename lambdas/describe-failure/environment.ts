import { cluster, text } from '../environment-parts.ts';

export const environment = cluster.extend({ RUNBOOK: text });
