import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request with its body as text. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Status, body (JSON unless it is text) and further headers. */
export type Answered = readonly [status: number, body?: unknown, headers?: Readonly<Record<string, string>>];

/** Serves HTTP on 127.0.0.1 at a port that was free. */
export async function serve(answer: (asked: Asked) => Answered | Promise<Answered>): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const { method = 'GET', headers } = request;
    try {
      const [status, body = '', more = {}] = await answer({
        method,
        path: pathname,
        query: searchParams,
        headers,
        body: await text(request),
      });
      response.writeHead(status, more).end(typeof body === 'string' ? body : JSON.stringify(body));
    } catch (error) {
      response.writeHead(500).end(`${error}`);
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
