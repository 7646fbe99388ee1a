/** One data node as `ndb_mgm -e SHOW` lists it. `state` is `started`, or what the line says instead. */
export interface ShownNode {
  readonly nodeId: number;
  readonly state: string;
  /** Empty unless connected, e.g. `mysql-9.7.2 ndb-9.7.2` or `RonDB-22.10.4`. */
  readonly version: string;
  readonly nodeGroup: number | undefined;
}

const SECTION = /^\[ndbd\(NDB\)\]\s+(\d+) node\(s\)$/;
const NODE = /^id=(\d+)\s+(?:@\S+\s+)?\((.*)\)$/;
const CONNECTED = /^([^,]+)(?:, (?!Nodegroup|no nodegroup)([^,]+))?, (?:Nodegroup: (\d+)|no nodegroup)(?:, \*)?$/;

/**
 * Parses the data nodes of `SHOW` (print_nodes in storage/ndb/src/mgmclient/CommandInterpreter.cpp).
 * Throws when the section is missing or lists another number of nodes than it announces.
 */
export function parseShow(text: string): ShownNode[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const start = lines.findIndex((line) => SECTION.test(line));
  const announced = Number(SECTION.exec(lines[start] ?? '')?.[1]);
  const nodes = lines
    .slice(start + 1, start + 1 + announced)
    .map((line) => parseNode(line))
    .filter((node) => node !== undefined);
  if (start < 0 || nodes.length !== announced) throw new Error(`SHOW does not list the data nodes it announces: ${text.slice(0, 500)}`);
  return nodes;
}

function parseNode(line: string): ShownNode | undefined {
  const [, id, inside = ''] = NODE.exec(line) ?? [];
  if (id === undefined) return undefined;
  const connected = CONNECTED.exec(inside);
  if (!connected) return { nodeId: Number(id), state: inside, version: '', nodeGroup: undefined };
  const [, version = '', state = 'started', nodeGroup] = connected;
  return { nodeId: Number(id), state, version, nodeGroup: nodeGroup === undefined ? undefined : Number(nodeGroup) };
}
