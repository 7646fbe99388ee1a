import { mkdirSync, renameSync } from 'node:fs';
import { givenUnits } from './units.ts';

/** What a test decides about {@link givenHdfs}; programs are bash. */
interface HdfsOptions {
  /** Answers `dfsadmin -safemode get`. */
  readonly safeMode?: string;
  /** Answers `dfsadmin -report`. */
  readonly report?: string;
  /** Answers `namenode …`. */
  readonly nameNode?: string;
  /** Rows of hops.hdfs_variables. */
  readonly variables?: number;
  /** Rows of hops.hdfs_block_infos. */
  readonly blocks?: number;
  /** Answers for hops.hdfs_safe_blocks. */
  readonly safeBlocks?: string;
  /** Takes the place of mysql. */
  readonly mysql?: string;
  readonly unit?: string;
}

/** A head with a NameNode's unit, not running, an `hdfs` whose calls are in hdfs.log, and a mysqld that counts rows. */
export async function givenHdfs(options: HdfsOptions = {}) {
  const { safeMode = 'echo "Safe mode is ON"', report = 'true', nameNode = 'true', unit = 'namenode' } = options;
  const { variables = 25, blocks = 1000, safeBlocks = 'echo "ERROR 1146: no table" >&2; exit 1' } = options;
  const node = await givenUnits(unit);
  node.write(`systemd/${unit}`, 'inactive\n');
  node.stub('sleep', 'exec /bin/sleep 0.1');
  node.stub(
    'mysql',
    options.mysql ??
      `case "$*" in *variables) echo ${variables} ;; *block_infos) echo ${blocks} ;; *safe_blocks) ${safeBlocks} ;; *) exit 9 ;; esac`,
  );
  node.stub(
    'hdfs',
    `echo "$*" >>"$HOPS_ROOT/hdfs.log"
case "$*" in 'dfsadmin -safemode get') ${safeMode} ;; 'dfsadmin -report') ${report} ;; namenode*) ${nameNode} ;; *) exit 9 ;; esac`,
  );
  node.write('hadoop/etc/hadoop/hdfs-site.xml', '');
  mkdirSync(node.path('hadoop/bin'), { recursive: true });
  renameSync(node.path('path/hdfs'), node.path('hadoop/bin/hdfs'));
  return node;
}

/** What `hdfs dfsadmin -report` prints, as far as it is read. */
export const reportOf = (missing: number, live = 2) =>
  `printf '%s\\n' 'Configured Capacity: 1 (1 B)' 'Under replicated blocks: 7' 'Missing blocks: ${missing}' 'Missing blocks (with replication factor 1): 3' '' 'Live datanodes (${live}):'`;
