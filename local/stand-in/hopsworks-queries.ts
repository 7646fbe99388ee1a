import { rowsOf, type State } from './state.ts';

/** What ePipe, Kafka's script HopsFS and the node scripts around them read from Hopsworks' own tables. */
export const hopsworksQueries: Readonly<Record<string, (state: State) => string[]>> = {
  "SELECT id, JSON_OBJECT('doc_type', 'proj', 'project_id', id, 'user', username, 'name', projectname) FROM hopsworks.project": (state) =>
    keys(state, 'hopsworks.project').map((id) => document(id, { doc_type: 'proj', project_id: id, user: 'admin', name: `project${id}` })),
  "SELECT id, JSON_OBJECT('doc_type', 'ds', 'dataset_id', id, 'project_id', project_id, 'name', name) FROM hopsworks.dataset": (state) =>
    keys(state, 'hopsworks.dataset').map((id) => document(id, { doc_type: 'ds', dataset_id: id, project_id: 1, name: `Résumé ${id}` })),
  "SELECT COUNT(*) FROM hopsworks.project WHERE NOT EXISTS (SELECT 1 FROM hops.hdfs_inodes WHERE parent_id = 1 AND name = 'Projects') OR CONVERT(projectname USING utf8mb4) IN (SELECT CONVERT(inode.name USING utf8mb4) FROM hops.hdfs_inodes AS inode JOIN hops.hdfs_inodes AS parent ON parent.id = inode.parent_id WHERE parent.parent_id = 1 AND parent.name = 'Projects')":
    (state) => [`${keys(state, 'hopsworks.project').length}`],
  'SELECT topic_name, num_partitions, num_replicas FROM hopsworks.project_topics': (state) =>
    keys(state, 'hopsworks.project_topics').map((id) => `topic-${id}\t${1 + (id % 6)}\t1`),
  'SELECT topic_name FROM hopsworks.project_topics WHERE num_partitions IS NOT NULL AND num_replicas IS NOT NULL': (state) =>
    keys(state, 'hopsworks.project_topics').map((id) => `topic-${id}`),
  'SELECT COUNT(*) FROM hops.hdfs_variables': (state) => [`${keys(state, 'hops.hdfs_variables').length}`],
  'SELECT COUNT(*) FROM hops.hdfs_block_infos': (state) => [`${keys(state, 'hops.hdfs_block_infos').length}`],
  'SELECT block_id, generation_stamp FROM hops.hdfs_block_infos': (state) =>
    keys(state, 'hops.hdfs_block_infos').map((id) => `${1_073_741_824 + id}\t${1000 + id}`),
};

function keys(state: State, table: string): number[] {
  return rowsOf(state, table).map(([key]) => Number(key));
}

function document(id: number, content: object): string {
  return `${id}\t${JSON.stringify(content)}`;
}
