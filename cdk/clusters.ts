import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, clusterSchema } from '../model/cluster.ts';
import { DrError } from '../model/errors.ts';
import { parseJsonOr } from '../model/parse.ts';

/** The clusters that the JSON files of a folder describe, by file name. Errors: `ClusterFileInvalid`, naming file and field. */
export function readClusters(directory: string): Cluster[] {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort();
  return files.map((file) => {
    const path = join(directory, file);
    const cluster = parseJsonOr('ClusterFileInvalid', path, clusterSchema, readFileSync(path, 'utf8'));
    if (file !== `${cluster.name}.json`) throw new DrError('ClusterFileInvalid', `${path} describes the cluster "${cluster.name}".`);
    return cluster;
  });
}
