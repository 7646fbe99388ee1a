/** One data node as `ndb_mgm -e SHOW` lists it. `state` is `started`, or what the line says instead. */
export interface ShownNode {
  readonly nodeId: number;
  /** Its address; empty unless connected. */
  readonly host: string;
  readonly state: string;
  /** Empty unless connected, e.g. `mysql-9.7.2 ndb-9.7.2` or `RonDB-22.10.4`. */
  readonly version: string;
  readonly nodeGroup: number | undefined;
}

/** A slot for an API node: one that is connected, or the host from which it accepts one, `any host` or a name or address. */
export type ApiSlot = { readonly isFree: false } | { readonly isFree: true; readonly acceptsFrom: string };

const SECTION = /^\[ndbd\(NDB\)\]\s+(\d+) node\(s\)$/;
const API_SECTION = /^\[mysqld\(API\)\]\s+(\d+) node\(s\)$/;
const NODE = /^id=(\d+)\s+(?:@(\S+)\s+)?\((.*)\)$/;
const FREE = /^not connected, accepting connect from (.+)$/;
const CONNECTED = /^([^,]+)(?:, (?!Nodegroup|no nodegroup)([^,]+))?, (?:Nodegroup: (\d+)|no nodegroup)(?:, \*)?$/;

/**
 * Parses the data nodes of `SHOW` (print_nodes in storage/ndb/src/mgmclient/CommandInterpreter.cpp).
 * Throws when the section is missing or lists another number of nodes than it announces.
 */
export function parseShow(text: string): ShownNode[] {
  return linesOf(text, SECTION, 'data nodes').map(([id, host, inside]) => {
    const connected = CONNECTED.exec(inside);
    if (!connected) return { nodeId: Number(id), host, state: inside, version: '', nodeGroup: undefined };
    const [, version = '', state = 'started', nodeGroup] = connected;
    return { nodeId: Number(id), host, state, version, nodeGroup: nodeGroup === undefined ? undefined : Number(nodeGroup) };
  });
}

/** Parses the API nodes of `SHOW`. Throws as {@link parseShow} does. */
export function parseApiSlots(text: string): ApiSlot[] {
  return linesOf(text, API_SECTION, 'API nodes').map(([, , inside]) => {
    const acceptsFrom = FREE.exec(inside)?.[1];
    return acceptsFrom === undefined ? { isFree: false } : { isFree: true, acceptsFrom };
  });
}

/** Id, host, and what is in parentheses, of every line of a section. */
function linesOf(text: string, section: RegExp, what: string): [id: string, host: string, inside: string][] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const start = lines.findIndex((line) => section.test(line));
  const announced = Number(section.exec(lines[start] ?? '')?.[1]);
  const nodes = lines.slice(start + 1, start + 1 + announced).flatMap((line): [string, string, string][] => {
    const [, id, host = '', inside = ''] = NODE.exec(line) ?? [];
    return id === undefined ? [] : [[id, host, inside]];
  });
  if (start < 0 || nodes.length !== announced) throw new Error(`SHOW does not list the ${what} it announces: ${text.slice(0, 500)}`);
  return nodes;
}
