import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Address } from '../sink/main.ts';
import { type Sink, startSink } from '../sink/start-sink.ts';

/** How clients reach the sink: what nodes do (TLS), and what leaves TLS out of the comparison. */
export type Transport = 'https' | 'http';

/** A directory for everything that a run leaves behind, a sink, and what clients need to reach it. */
export interface Workplace {
  readonly directory: string;
  readonly sink: Sink;
  readonly endpoints: Readonly<Record<Transport, string>>;
  /** Why the sink is not at S3's own ports; undefined when it is. */
  readonly withoutOwnPorts: string | undefined;
  /** The sender of the nodes, as one file. */
  readonly sender: string;
  /** Keys of AWS that nobody checks, and the certificate of the sink. */
  readonly environment: NodeJS.ProcessEnv;
  /** Lets the sink listen with TLS at another address of this machine. */
  listenAt(host: string): Promise<string>;
  close(): Promise<void>;
}

const nodes = fileURLToPath(new URL('../../nodes/', import.meta.url));

export async function openWorkplace(addresses: readonly string[]): Promise<Workplace> {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-bench-'));
  const sink = startSink();
  const path = (name: string) => join(directory, name);
  const tls = { certificate: path('certificate.pem'), key: path('key.pem') };
  createCertificate(tls, ['127.0.0.1', ...addresses]);
  mkdirSync(path('home'));
  const program = ['s3.py', 'transfer.py', 'ship.py', 'receive.py'].map((file) => readFileSync(join(nodes, file), 'utf8'));
  writeFileSync(path('transfer.py'), [...program, 'main(*sys.argv[1:])\n'].join(''));
  const secure = await listen(sink, { host: '127.0.0.1', port: 443, tls });
  const plain = await listen(sink, { host: '127.0.0.1', port: 80 });
  return {
    directory,
    sink,
    endpoints: { https: secure.endpoint, http: plain.endpoint },
    withoutOwnPorts: secure.refused ?? plain.refused,
    sender: path('transfer.py'),
    environment: {
      PATH: process.env.PATH,
      HOME: path('home'),
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
      AWS_DEFAULT_REGION: 'eu-north-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CA_BUNDLE: tls.certificate,
      TRANSFER_FAILURE: path('transfer.failure'),
    },
    listenAt: (host) => sink.listen({ host, port: 443, tls }),
    async close() {
      await sink.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** An old CRT client asks S3's own ports whatever its endpoint says; without a right to them it cannot be measured. */
async function listen(sink: Sink, address: Address): Promise<{ endpoint: string; refused?: string }> {
  const scheme = address.tls ? 'https' : 'http';
  try {
    await sink.listen(address);
    return { endpoint: `${scheme}://${address.host}` };
  } catch (error) {
    const refused = error instanceof Error ? error.message : String(error);
    return { endpoint: await sink.listen({ ...address, port: 0 }), refused };
  }
}

function createCertificate({ certificate, key }: { certificate: string; key: string }, addresses: readonly string[]): void {
  const names = addresses.map((address) => `IP:${address}`).join(',');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const request = ['req', '-x509', ...curve, '-days', '2', '-subj', '/CN=sink', '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: ['ignore', 'ignore', 'pipe'] });
}
