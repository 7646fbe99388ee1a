import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { apiError, type JsonApi } from './json-api.ts';

export interface Services {
  readonly ssm: JsonApi;
  readonly states: JsonApi;
  /** Answers everything that is not for a JSON service; checks signatures itself, because it streams bodies. */
  readonly s3: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Throws when the signature of a request to a JSON service is not good. */
  readonly verify?: (request: IncomingMessage, body: Buffer, service: 'ssm' | 'states') => void;
}

/** One loopback port: `url` is the value for `AWS_ENDPOINT_URL`. */
interface Endpoint {
  readonly url: string;
  /** Hangs up on everybody; resolves when nothing is done for them any more. */
  close(): Promise<void>;
}

/** Serves SSM, Step Functions and S3. */
export async function startEndpoint(services: Services): Promise<Endpoint> {
  const answering = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const target = jsonTarget(request);
    const work = target ? answerJson(services, target, request, response) : services.s3(request, response);
    const answer = work
      .catch((error: unknown) => {
        console.error(`${request.method} ${request.url} failed:`, error);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      })
      .finally(() => answering.delete(answer));
    answering.add(answer);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
      await Promise.all(answering);
    },
  };
}

interface JsonTarget {
  readonly service: 'ssm' | 'states' | undefined;
  readonly operation: string;
  readonly contentType: string;
}

const serviceByPrefix: Readonly<Record<string, { service: 'ssm' | 'states'; contentType: string }>> = {
  AmazonSSM: { service: 'ssm', contentType: 'application/x-amz-json-1.1' },
  AWSStepFunctions: { service: 'states', contentType: 'application/x-amz-json-1.0' },
};

function jsonTarget({ headers }: IncomingMessage): JsonTarget | undefined {
  const target = headers['x-amz-target'];
  if (typeof target !== 'string') return undefined;
  const [prefix = '', operation = ''] = target.split('.');
  return { operation, ...(serviceByPrefix[prefix] ?? { service: undefined, contentType: 'application/x-amz-json-1.1' }) };
}

async function answerJson(services: Services, target: JsonTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const headers = { 'content-type': target.contentType, 'x-amzn-requestid': randomUUID() };
  try {
    const answer = JSON.stringify(await call(services, target, request, body));
    response.writeHead(200, headers).end(answer);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    // A refusal has a name of its own; Error, TypeError and their like are defects of this program.
    const defect = name in globalThis;
    if (defect) console.error(`${target.operation} failed:`, error);
    const type = defect ? 'InternalServerError' : name;
    response.writeHead(defect ? 500 : 400, { ...headers, 'x-amzn-errortype': type }).end(JSON.stringify({ __type: type, message }));
  }
}

async function call({ verify, ...services }: Services, { service, operation }: JsonTarget, request: IncomingMessage, body: Buffer) {
  if (!service) throw apiError('UnknownOperationException', `No service here answers to x-amz-target ${request.headers['x-amz-target']}`);
  try {
    verify?.(request, body, service);
  } catch (error) {
    throw apiError('InvalidSignatureException', (error as Error).message);
  }
  return services[service](operation, parse(body));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw apiError('SerializationException', `The body is not JSON: ${(error as Error).message}`);
  }
}
