import { cpus, release, totalmem } from 'node:os';
import { putRequests } from '../sink/counts.ts';
import { GIBIBYTE } from './directories.ts';
import type { Figures } from './figures.ts';
import { cpuPerGibibyte, type Goal, judge, network } from './goals.ts';
import type { Taken } from './measure.ts';
import { isLarge, roundsOf } from './options.ts';
import type { Peer } from './peers.ts';
import type { Series } from './shipping.ts';
import { ratios, spread } from './statistics.ts';
import { figure, mebibytes, table, withSpread } from './words.ts';

const LARGE_ONES = `More than 8 GiB are shipped ${roundsOf(Infinity, Infinity)}×, because they grow for minutes, and by no peer, whose time grows with the size. `;

/** docs/benchmarks.md. */
export function writePage(figures: Figures): string {
  const { options, peers, shipped, notShaped, fetched, real, restores, simulated } = figures;
  const gibibytes = options.sizes[0];
  const named = peers.filter(({ named }) => named);
  const sections = [
    '# Benchmarks',
    `Written by \`npm run bench\`, which measures everything in one run on one machine, in ${options.rounds} round${options.rounds === 1 ? '' : 's'}; in each the peers take turns, and each round begins with another one. Figures are medians, in brackets the smallest and the largest; ratios are taken round by round.`,
    ...(options.quick ? ['**A smoke test: no figure here means anything.**'] : []),
    '## The goals',
    table([['figure', 'goal', 'measured', ''], ...judge(figures).map(goalRow)]),
    '![CPU of shipping, and the time from the end of the native backup to the manifest](benchmarks.svg)',
    '## What was compared, and where',
    machine(figures),
    `The S3 of all of them is \`bench/sink/\`: a process of its own that throws away what it is sent, checks nothing, keeps sizes and given checksums, and serves zeros. Its TLS prefers TLS_AES_128_GCM_SHA256, whoever the client is. Without TLS every client has to hash what it sends for its signature; with TLS, which nodes use, the AWS CLI and rclone send an MD5 or a CRC instead, ours a SHA-256 as always. Files are in the page cache when a client begins. CPU is user and system time of a program and all its children, memory that of the largest of them.`,
    table([['name', 'what it runs'], ...peers.map(({ name, how, missing }) => [name, missing ? `not measured: ${missing}` : how])]),
    `## A directory of ${gibibytes} GiB over TLS`,
    `Six files with random content, as two LDM threads write them. What compresses was given a sixteenth of that: it takes more than a minute for a GiB.`,
    seriesTable(peers, shipped.https),
    '## The same without TLS',
    seriesTable(
      named.filter(({ moves }) => !moves),
      shipped.http,
    ),
    '## Native backups of a real RonDB',
    real.length === 0
      ? 'Not measured: RONDB_HOME is not set.'
      : real
          .map(
            ({ compressed, bytes, series }) =>
              `One of two data nodes, CompressedBackup=${compressed ? 1 : 0}, ${mebibytes(bytes)}:\n\n${seriesTable(named, series)}`,
          )
          .join('\n'),
    '## From "completed" to the manifest',
    `Files grow together by ${options.writtenPerSecond / 1e6} MB/s (RonDB's default MaxDiskWriteSpeed is 20), as holes, so that no disk takes part. The scripts of the nodes run as they are, beside imitations of ndb_config and ndb_restore; the Lambda SealBackup runs in the process of the benchmark. What the machine and SSM add is in the last section. The peer ships the same files when they are finished, and nothing else. ${options.sizes.some(isLarge) ? LARGE_ONES : ''}${notShaped ? `No network was shaped: ${notShaped}` : 'The network is a namespace behind a token bucket; it adds no latency.'}`,
    sealedTable(figures),
    '## Restoring',
    `${gibibytes} GiB fetched over TLS; ours compares what it has fetched with the recorded checksums.`,
    fetchedTable(fetched, gibibytes),
    restores
      ? `Seconds of ndb_restore for the rows of two data nodes of the real cluster: ${withSpread(spread(restores.together))} at once, ${withSpread(spread(restores.oneByOne))} one by one.`
      : 'No rows were restored: RONDB_HOME is not set.',
    '## The state machines on a virtual clock',
    simulated.tables || 'Left out.',
    '## The commands',
    `\`\`\`\n${commandLine(figures)}\n\`\`\``,
    'BENCH_SIZES=1,8,32 adds a directory, BENCH_WRITE is the speed of the writer in MB/s, BENCH_REMARK is said of the machine, ROUNDS asks for more rounds, AWS_V1 and AWS_V2 choose the AWS CLIs, BENCH=quick tries everything in two minutes and writes nothing. The shaped network needs root, ip and tc; the CRT client needs the ports 80 and 443 of 127.0.0.1.',
  ];
  return `${sections.map((section) => section.trimEnd()).join('\n\n')}\n`;
}

function goalRow({ name, goal, measured, reached, why }: Goal): string[] {
  if (reached === undefined) return [name, goal, measured, ''];
  return [name, goal, measured, reached ? 'reached' : `**not reached**${why ? `: ${why}` : ''}`];
}

function machine({ programs, options }: Figures): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / GIBIBYTE).toFixed(0)} GiB of memory`;
  const versions = Object.entries({ 'AWS CLI': programs.aws2, 'AWS CLI 1': programs.aws1, rclone: programs.rclone, rsync: programs.rsync });
  const found = versions.map(([name, program]) => ('version' in program ? `${name} ${program.version}` : program.missing));
  return `${cpus().length} cores (${cpu?.model}), ${memory}, Linux ${release()}, Node ${process.versions.node}; ${found.join(', ')}; ${options.rondbHome ? 'a real RonDB' : 'no real RonDB'}. ${options.remark}`.trimEnd();
}

function commandLine({ options }: Figures): string {
  const { quick, rounds, sizes, writtenPerSecond, rondbHome } = options;
  return `${quick ? 'BENCH=quick ' : ''}${rondbHome ? 'RONDB_HOME=… ' : ''}ROUNDS=${rounds} BENCH_SIZES=${sizes.join(',')} BENCH_WRITE=${writtenPerSecond / 1e6} npm run bench`;
}

function seriesTable(peers: readonly Peer[], series: Series): string {
  const [ours = []] = series.values();
  const own = ours.map(cpuPerGibibyte);
  const rows = peers.map(({ name, missing }) => {
    const runs = series.get(name);
    if (!runs) return [name, `not measured: ${missing}`, '', '', '', ''];
    const cpu = runs.map(cpuPerGibibyte);
    const seconds = spread(runs.map((run) => (run.seconds * GIBIBYTE) / run.bytes));
    const requests = spread(runs.map((run) => (putRequests(run.counts) * GIBIBYTE) / run.bytes));
    const memory = spread(runs.map(({ peakBytes }) => peakBytes));
    return [
      name,
      withSpread(spread(cpu)),
      withSpread(ratios(own, cpu)),
      withSpread(seconds),
      mebibytes(memory.median),
      figure(requests.median),
    ];
  });
  return table([['', 'CPU s/GiB', 'ours to it', 'wall s/GiB', 'memory', 'PUT requests/GiB'], ...rows]);
}

function sealedTable({ sealed }: Figures): string {
  const rows = sealed.map(({ gibibytes, ours, theirs, peer, ...of }) => {
    const median = (pick: (run: (typeof ours)[number]) => number) => spread(ours.map(pick)).median;
    const seconds = ours.map((run) => run.seconds);
    return [
      `${gibibytes} GiB, ${network(of)}`,
      withSpread(spread(seconds)),
      figure(median(({ followSeconds }) => followSeconds)),
      figure(median(({ uploadSeconds }) => uploadSeconds)),
      mebibytes(median(({ lateBytes }) => lateBytes)),
      figure(median(({ cpuSeconds }) => cpuSeconds) / gibibytes),
      ...(theirs.length === 0 ? ['not measured', ''] : besides(seconds, peer, theirs)),
    ];
  });
  const head = [
    '',
    's to the manifest',
    'until the follower ends',
    'of the step that uploads',
    'sent by it',
    'CPU s/GiB of both',
    's of the fastest peer',
    'ratio',
  ];
  return table([head, ...rows]);
}

function besides(ours: readonly number[], peer: string, runs: readonly Taken[]): string[] {
  const theirs = runs.map(({ seconds }) => seconds);
  return [`${withSpread(spread(theirs))} (${peer})`, withSpread(ratios(ours, theirs))];
}

function fetchedTable(fetched: ReadonlyMap<string, readonly Taken[]>, gibibytes: number): string {
  const [ours = []] = fetched.values();
  const rows = [...fetched].map(([name, runs]) => {
    const per = (pick: (run: Taken) => number) => runs.map((run) => pick(run) / gibibytes);
    const cpu = per(({ cpuSeconds }) => cpuSeconds);
    const ratio = ratios(
      ours.map((run) => run.cpuSeconds / gibibytes),
      cpu,
    );
    return [name, withSpread(spread(cpu)), withSpread(ratio), withSpread(spread(per(({ seconds }) => seconds)))];
  });
  return table([['', 'CPU s/GiB', 'ours to it', 'wall s/GiB'], ...rows]);
}
