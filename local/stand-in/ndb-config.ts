import { type Configuration, MANAGEMENT_NODE } from './state.ts';
import { connect, connecting, Ending, readOptions, type Tool } from './tool.ts';

/** Prints parameters of the data nodes or of the management server, a row for each. */
export const ndbConfig: Tool = (state, args, say) => {
  const { values } = readOptions(
    'ndb_config',
    args,
    { ...connecting, type: { type: 'string' }, query: { type: 'string' }, fields: { type: 'string' }, rows: { type: 'string' } },
    255,
  );
  const configuration = connect(state, values['ndb-connectstring']);
  if (configuration === undefined) {
    const failure = `ERROR: Unable to connect with connect string: nodeid=0,${values['ndb-connectstring']}`;
    throw new Ending(255, `${failure}\nConnect failed code: 1011, msg: Could not connect to socket`);
  }
  const nodes = parametersOf(configuration)[values.type ?? ''] ?? [];
  const rows = nodes.map((node) => (values.query ?? '').split(',').map((name) => known(node, name)));
  say(rows.map((row) => row.join(values.fields ?? ',')).join((values.rows ?? ' ').replaceAll('\\n', '\n')));
  say('\n');
};

type Parameters = Record<string, string>;

function known(node: Parameters, name: string): string {
  const value = node[name];
  if (value === undefined) throw new Ending(255, `Unknown query option: ${name}`);
  return value;
}

function parametersOf({ dataNodes, managementDirectory }: Configuration): Record<string, Parameters[]> {
  const HostName = '127.0.0.1';
  return {
    ndbd: dataNodes.map(({ id, dataDirectory, backupDirectory }) => ({
      NodeId: `${id}`,
      HostName,
      DataDir: dataDirectory,
      BackupDataDir: backupDirectory,
    })),
    ndb_mgmd: [{ NodeId: `${MANAGEMENT_NODE}`, HostName, DataDir: managementDirectory }],
  };
}
