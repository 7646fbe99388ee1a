import { type Drill, openDrill } from './drill.ts';
import { type DrillOptions, parseOptions, usage } from './options.ts';
import { listScenarios } from './scenarios.ts';
import { openStage } from './stage.ts';
import { createTimeline } from './timeline.ts';

const INTERRUPTED = 130;

// The pinned AWS SDK supports Node 20; its notice about later versions is for who updates it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const write = (text: string) => void process.stdout.write(text);
const options = readOptions();
if (options === 'help') write(`${usage}\n`);
else if (options === 'list') write(`${listScenarios()}\n`);
else process.exit(await main(options));

async function main(given: DrillOptions): Promise<number> {
  write(
    given.rondbHome
      ? `RonDB: real, from RONDB_HOME=${given.rondbHome}\n`
      : 'RonDB: STAND-IN. Nothing here is a real database; set RONDB_HOME to rehearse on one.\n',
  );
  const { scenario, nodes, rows, rondbHome } = given;
  write(`${scenario.name}: ${scenario.happens}\n`);
  const drill = await openDrill({ ...scenario, nodes, rows, rondbHome });
  const interrupted = new Promise<typeof INTERRUPTED>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(INTERRUPTED));
  });
  try {
    const status = await Promise.race([interrupted, rehearse(drill, given)]);
    if (given.keep && status !== INTERRUPTED) {
      write(`\n${placesToLook(drill)}\nCtrl-C stops and removes it all.\n`);
      await interrupted;
    }
    return status;
  } finally {
    await drill.close();
  }
}

/** The exit status: 0 when the scenario ended as it must, 1 otherwise. */
async function rehearse(drill: Drill, { scenario, nodes, restoreNodes }: DrillOptions): Promise<0 | 1> {
  const timeline = createTimeline(write);
  try {
    await scenario.play(await openStage(drill, timeline, restoreNodes === nodes ? {} : { dataNodes: restoreNodes }));
    timeline.line(`${scenario.name} ended as it must. ${scenario.proves}`);
    return 0;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    timeline.line(`FAILED ${name}: ${message}`);
    write('The drill failed. With --keep, cluster, bucket and logs stay for a look.\n');
    return 1;
  }
}

function placesToLook({ cluster, pipeline, directory }: Drill): string {
  const environment = Object.entries(pipeline?.environment ?? {}).map(([name, value]) => `export ${name}='${value}'`);
  const head = cluster.nodes.find(({ roles }) => roles.includes('head'));
  return [
    `Everything is in ${directory}: a folder per node, s3, lambda-logs.`,
    ...environment,
    'export AWS_DEFAULT_REGION="$AWS_REGION"',
    `aws s3 ls --recursive --endpoint-url "$AWS_ENDPOINT_URL" s3://${pipeline?.bucket}`,
    `${head?.directory}/mysql/bin/ndb_mgm -c ${cluster.connectString} -e SHOW`,
    `${head?.directory}/mysql/bin/mysql --no-defaults -u root -S ${head?.directory}/mysql-cluster/mysql.sock`,
  ].join('\n');
}

function readOptions(): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(2);
  }
}
