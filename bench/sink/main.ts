// A process of its own: an S3 that takes uploads and throws them away, checks nothing, and serves zeros. It does less work than any
// client, so that it decides nothing. Its parent, start-sink.ts, tells it where to listen and asks for its counts.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answer, KEPT, understand } from './answers.ts';
import { noCounts } from './counts.ts';
import { createObjects } from './objects.ts';

/** Where to listen; port 0: any. With certificate and key it speaks TLS. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export type Order = { readonly listen: Address } | 'counts' | 'clear';

/** The one that costs the clients least comes first. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
const zeros = Buffer.alloc(1 << 20);
const objects = createObjects();
let counts = noCounts();

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = understand(request);
  counts.requests[asked.operation] = (counts.requests[asked.operation] ?? 0) + 1;
  const small = Number(request.headers['content-length'] ?? 0) < KEPT;
  const kept: Buffer[] = [];
  request.on('data', (piece: Buffer) => {
    counts.receivedBytes += piece.length;
    if (small) kept.push(piece);
  });
  await once(request, 'end');
  const { status, headers = {}, text = '', zeros: length } = answer(asked, request, Buffer.concat(kept), objects);
  response.statusCode = status;
  response.setHeader('content-length', Buffer.byteLength(text));
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  if (length === undefined) response.end(request.method === 'HEAD' ? undefined : text);
  else await pipeline(Readable.from(serve(length)), response);
}

function* serve(length: number) {
  for (let left = length; left > 0; left -= zeros.length) {
    const piece = zeros.subarray(0, Math.min(left, zeros.length));
    counts.servedBytes += piece.length;
    yield piece;
  }
}

function listen({ host, port, tls }: Address): void {
  // A client that was killed ends its request in the middle: nobody is left to be told.
  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response).catch(() => response.destroy());
  const options = { keepAliveTimeout: 120_000, requestTimeout: 0 };
  const server = tls
    ? createTlsServer(
        { ...options, ciphers: CIPHERS, minVersion: 'TLSv1.3', cert: readFileSync(tls.certificate), key: readFileSync(tls.key) },
        listener,
      )
    : createServer(options, listener);
  server.on('error', (error) => process.send?.({ error: error.message }));
  server.listen(port, host, () => process.send?.(server.address()));
}

process.on('disconnect', () => process.exit());
// Ctrl-C reaches the parent, too, which still asks for counts while it ends.
process.on('SIGINT', () => undefined);
process.on('message', (order: Order) => {
  if (order === 'counts') process.send?.(counts);
  else if (order === 'clear') {
    counts = noCounts();
    objects.clear();
    process.send?.('cleared');
  } else listen(order.listen);
});
