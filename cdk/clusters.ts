import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { type Cluster, clusterSchema } from '../model/cluster.ts';
import { clusterSchemaAt } from '../model/consistency.ts';
import { DrError } from '../model/errors.ts';
import { parseJsonOr } from '../model/parse.ts';

/** What lies next to the clusters for editors, and describes none. */
export const SCHEMA_FILE = 'schema.json';

/**
 * The clusters that the JSON files of a folder describe, by file name; their schedules are checked for the year from `now`.
 * Errors: `ClusterFileInvalid`, naming file and field.
 */
export function readClusters(directory: string, now = new Date()): Cluster[] {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.json') && file !== SCHEMA_FILE)
    .sort();
  return files.map((file) => {
    const path = join(directory, file);
    const cluster = parseJsonOr('ClusterFileInvalid', path, clusterSchemaAt(now), readFileSync(path, 'utf8'));
    if (file !== `${cluster.name}.json`) throw new DrError('ClusterFileInvalid', `${path} describes the cluster "${cluster.name}".`);
    return cluster;
  });
}

/** The JSON schema of a cluster's file, by which editors complete, explain and check it. */
export function clusterFileSchema() {
  return z.toJSONSchema(clusterSchema, { io: 'input' });
}
