import { clusterFaults } from './families/cluster.ts';
import { clusterRestoreFaults } from './families/cluster-restore.ts';
import { clusterSweepFaults } from './families/cluster-sweep.ts';
import { hopsfs } from './families/hopsfs.ts';
import { lambdas } from './families/lambdas.ts';
import { lease } from './families/lease.ts';
import { metadataFaults } from './families/metadata.ts';
import { nodes } from './families/nodes.ts';
import { rondb } from './families/rondb.ts';
import { s3 } from './families/s3.ts';
import { services } from './families/services.ts';
import { ssm } from './families/ssm.ts';
import { sweep } from './families/sweep.ts';
import { sweepScripts } from './families/sweep-scripts.ts';
import { verify } from './families/verify.ts';
import { verifyScripts } from './families/verify-scripts.ts';
import type { Fault } from './fault.ts';

type Families = Readonly<Record<string, readonly Fault[]>>;

/** Rows for which one node script is enough. */
export const onScripts: Families = {
  'Programs, processes and disks of a node': nodes,
  'S3, as nodes use it': s3,
  'RonDB, as its tools tell it': rondb,
  'Accounts, grants and SQL objects': metadataFaults,
  'HopsFS and its blocks': hopsfs,
  'Services around RonDB': services,
  'Verifications, on a node': verifyScripts,
  'Sweeps, on a node': sweepScripts,
};

/** Rows for the state machines, on simulated nodes. */
export const onMachines: Families = {
  'SSM between the state machines and the nodes': ssm,
  'Lambdas that decide': lambdas,
  'One at a time': lease,
  'A verification': verify,
  'A sweep': sweep,
};

/** Rows that only a real RonDB can have; in their order, because the last ones end servers of it. */
export const onClusters: Families = {
  'RonDB itself, restored and verified': clusterRestoreFaults,
  'RonDB itself, swept': clusterSweepFaults,
  'RonDB itself, backed up': clusterFaults,
};

/** Every row, by what its fault is about. */
export const matrix: Families = { ...onScripts, ...onMachines, ...onClusters };

export const faults: readonly Fault[] = Object.values(matrix).flat();
