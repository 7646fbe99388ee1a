import type { Fingerprint } from './fingerprint.ts';

/** One imitated EC2 instance: a directory that looks like a Hopsworks node to the node scripts. */
export interface PracticeNode {
  readonly instanceId: string;
  /** `head-1`, `rondb-1`, `rondb-2`, `hopsfs-1` … */
  readonly name: string;
  readonly roles: ('head' | 'rondb' | 'hopsfs')[];
  readonly directory: string;
  /** What a node script needs in its environment to find its Hopsworks here instead of under /srv. */
  readonly environment: { readonly HOPS_ROOT: string; readonly HOPS_DATA_ROOT: string };
}

/** How a cluster is cut. */
export interface Shape {
  /** RonDB data nodes: 1 (one replica), 2, or 4 (two node groups). */
  readonly dataNodes: number;
  /** The RonDB node id of the first data node; the others follow. */
  readonly firstNodeId: number;
  /** Threads on each data node that hold data; with more than one a node writes its backup in as many parts. */
  readonly ldm: number;
  /** Head nodes, each with a mysqld; the management server is on the first. */
  readonly heads: number;
  /** Nodes for datanodes of HopsFS; nothing runs there. */
  readonly hopsfs: number;
}

/** A small cluster on 127.0.0.1 to back up, destroy, restore and compare. */
export interface PracticeCluster {
  readonly kind: 'rondb' | 'stand-in';
  /** Others after a {@link destroy} into another shape. */
  readonly nodes: PracticeNode[];
  /** `127.0.0.1:port` of the management server; known after {@link start}, the same after {@link destroy}. */
  readonly connectString: string;
  /** Starts everything from nothing, once: all data nodes are started and every mysqld answers. */
  start(): Promise<void>;
  /** Fills the empty cluster with the sample data; `rows` is the number of rows of its biggest table. */
  load(rows: number): Promise<void>;
  /** Changes the sample data as its users would: half of the rows of shop_featurestore.orders_1 are deleted, and every mysqld gets another view. */
  change(): Promise<void>;
  /**
   * The disaster: every row, user and file on the nodes is lost, but their logs; then a freshly deployed, empty cluster is started,
   * in another shape where `shape` says so.
   */
  destroy(shape?: Partial<Shape>): Promise<void>;
  /** Everything a restore must bring back, for a comparison of before and after. */
  fingerprint(): Promise<Fingerprint>;
  /** Ends the cluster's own processes for good and waits for them; may be called at any moment and more than once. */
  stop(): Promise<void>;
}
