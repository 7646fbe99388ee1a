import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './measure.ts';
import type { Program, Programs } from './programs.ts';
import type { Workplace } from './workplace.ts';

/** A finished directory on its way to S3. */
interface Shipment {
  readonly directory: string;
  /** `prefix` in the bucket of the sink. */
  readonly prefix: string;
  readonly endpoint: string;
}

/** A way to ship a directory. */
export interface Peer {
  readonly name: string;
  /** What it runs, for those who read the figures. */
  readonly how: string;
  /** Why it cannot be measured here. */
  readonly missing?: string | undefined;
  /** The goals name it: it is measured everywhere. */
  readonly named?: boolean;
  /** It takes the files away. */
  readonly moves?: boolean;
  /** It compresses: what it costs depends on the content, what it sends is smaller. */
  readonly compresses?: boolean;
  command(shipment: Shipment): Command;
}

export const BUCKET = 'bench';
export const OURS = 'hopsworks-dr';
/** The peers that the goals name, without their versions. */
export const CLASSIC = 'aws s3 cp';
export const CRT = 'aws s3 cp with CRT';
export const RCLONE = 'rclone move';

/** Ours first, then the others as they are listed in the report. */
export function createPeers(workplace: Workplace, programs: Programs): readonly [Peer, ...Peer[]] {
  const { aws1, aws2, rclone, rsync } = programs;
  const { environment, directory: here } = workplace;
  const at = ({ endpoint, prefix }: Shipment) => ({ endpoint, to: `s3://${BUCKET}/${prefix}` });

  function aws(name: string, program: Program, words: string, settings: string, missing = reason(program)): Peer {
    const configuration = join(here, `${name.replace(/\W+/g, '-')}.conf`);
    writeFileSync(configuration, `[default]\n${settings && 's3 =\n'}${settings.replaceAll(/^(?=.)/gm, '  ')}`);
    return {
      name,
      how: `aws s3 ${words}${settings ? `, ${settings.trim().replaceAll('\n', ', ')}` : ''}`,
      missing,
      command: (shipment) => ({
        words: [
          pathOf(program),
          's3',
          ...words.split(' '),
          '--no-progress',
          '--endpoint-url',
          at(shipment).endpoint,
          shipment.directory,
          at(shipment).to,
        ],
        environment: { ...environment, AWS_CONFIG_FILE: configuration },
      }),
    };
  }

  const crt = reason(aws2) ?? workplace.withoutOwnPorts?.replace(/^/, 'the sink has not the ports 443 and 80, which this client asks: ');
  return [
    { name: OURS, how: 'transfer.py ship', named: true, command: (shipment) => ship(workplace, shipment) },
    { ...aws(`${CLASSIC}, ${versionOf(aws2)}`, aws2, 'cp --recursive', ''), named: true },
    aws(
      `aws s3 cp tuned, ${versionOf(aws2)}`,
      aws2,
      'cp --recursive',
      'max_concurrent_requests = 4\nmultipart_chunksize = 64MB\nio_chunksize = 1MB\n',
    ),
    aws(`aws s3 sync, ${versionOf(aws2)}`, aws2, 'sync', ''),
    { ...aws(`${CRT}, ${versionOf(aws2)}`, aws2, 'cp --recursive', 'preferred_transfer_client = crt\n', crt), named: true },
    aws(`aws s3 cp, ${versionOf(aws1)}`, aws1, 'cp --recursive', ''),
    {
      name: `${RCLONE}, ${versionOf(rclone)}`,
      named: true,
      how: 'rclone move, as rondb-helm does',
      missing: reason(rclone),
      moves: true,
      command: (shipment) => ({
        words: [
          pathOf(rclone),
          'move',
          shipment.directory,
          `s:${BUCKET}/${shipment.prefix}`,
          '--s3-no-check-bucket',
          '--ca-cert',
          `${environment.AWS_CA_BUNDLE}`,
        ],
        environment: { ...environment, ...remote(shipment.endpoint) },
      }),
    },
    {
      name: 'rsync -z, tar.gz, aws s3 cp',
      how: 'rsync -az to another directory through a pipe, tar -cz of that, aws s3 cp of the archive, as ndb-chef does; both machines counted',
      missing: reason(rsync) ?? reason(aws2),
      compresses: true,
      command: (shipment) => gather(workplace, pathOf(rsync), pathOf(aws2), shipment),
    },
  ];
}

/** The sender of the nodes on every file of a directory; its journals go with the workplace. */
function ship({ sender, environment, directory: here }: Workplace, { directory, prefix, endpoint }: Shipment): Command {
  const lines = filesOf(directory).map((file) => `${join(directory, file)} ${prefix}/${file} ${join(here, 'journals', prefix, file)}\n`);
  return {
    words: ['python3', '-IS', sender, 'ship', BUCKET, '0'],
    environment: { ...environment, AWS_ENDPOINT_URL: endpoint },
    input: lines.join(''),
  };
}

function gather(
  { directory: here, environment }: Workplace,
  rsync: string,
  aws: string,
  { directory, prefix, endpoint }: Shipment,
): Command {
  const shell = join(here, 'no-remote-shell');
  writeFileSync(shell, '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
  const script = `set -e
    target=$(mktemp -d -p "$1")
    trap 'rm -rf "$target"' EXIT
    "$2" -az -e "$1/no-remote-shell" "$3/" "host:$target/gathered"
    tar -C "$target/gathered" -czf "$target/backup.tar.gz" .
    "$4" s3 cp --no-progress --endpoint-url "$5" "$target/backup.tar.gz" "s3://${BUCKET}/$6.tar.gz"`;
  return { words: ['bash', '-c', script, 'gather', here, rsync, directory, aws, endpoint, prefix], environment };
}

function remote(endpoint: string): NodeJS.ProcessEnv {
  const settings = { TYPE: 's3', PROVIDER: 'Other', ENV_AUTH: 'true', REGION: 'eu-north-1', ENDPOINT: endpoint };
  const named = Object.entries(settings).map(([name, value]) => [`RCLONE_CONFIG_S_${name}`, value]);
  // It would take the certificate of the sink alone for a bundle of its own.
  return { ...Object.fromEntries(named), RCLONE_CONFIG: '/dev/null', AWS_CA_BUNDLE: undefined };
}

/** The files of a directory, at any depth. */
export function filesOf(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

const reason = (program: Program) => ('missing' in program ? program.missing : undefined);
const pathOf = (program: Program) => ('path' in program ? program.path : '');
const versionOf = (program: Program) => ('version' in program ? program.version : 'not installed');
