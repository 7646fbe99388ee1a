import type { IncomingMessage } from 'node:http';
import { S3Error } from './errors.ts';
import { type Operation, operations } from './operations.ts';

/** Where a request goes. */
export interface Route {
  readonly operation: Operation;
  readonly bucketName: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

/** Headers that any request may carry because they do not change what it means here. */
const HARMLESS = ['x-amz-date', 'x-amz-content-sha256', 'x-amz-user-agent', 'x-amz-expected-bucket-owner'];

/** Finds the operation of a path-style request; NotImplemented for every operation, parameter or header that is not known. */
export function route(request: IncomingMessage): Route {
  const [path = '', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const [, bucketName = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path)?.map(decodeURIComponent) ?? [];
  const query = parametersOf(search);
  const on = `${request.method} ${bucketName === '' ? 'service' : key === '' ? 'bucket' : 'object'}`;
  const [name, operation] = find(
    on,
    [...query.keys()].filter((parameter) => parameter !== 'x-id'),
  );
  const id = query.get('x-id');
  if (id !== undefined && id !== name) throw new S3Error('NotImplemented', `x-id=${id} does not fit ${name}.`);
  checkHeaders(request, name, operation);
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 'A key holds at most 1,024 bytes.');
  return { operation, bucketName, key, query };
}

// Decoded as the signature check does it: there "+" is a plus, and "." and ".." in keys mean nothing.
function parametersOf(search: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of search.split('&').filter((text) => text !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decodeURIComponent);
    if (query.has(name)) throw new S3Error('InvalidArgument', `The query parameter ${name} stands there twice.`);
    query.set(name, value);
  }
  return query;
}

function find(on: string, parameters: readonly string[]): [string, Operation] {
  const found = Object.entries(operations).find(([, operation]) => {
    const { by = [], query = [] } = operation;
    return (
      operation.on === on && by.every((name) => parameters.includes(name)) && parameters.every((name) => [...by, ...query].includes(name))
    );
  });
  if (!found) throw new S3Error('NotImplemented', `${on} with the parameters (${parameters.join(', ')}) is not implemented.`);
  return found;
}

function checkHeaders(request: IncomingMessage, name: string, operation: Operation): void {
  const known = [...HARMLESS, ...(operation.headers ?? [])];
  const unknown = Object.keys(request.headers).filter(
    (header) =>
      /^(x-amz-|if-|range$|content-md5$)/.test(header) &&
      !known.some((entry) => (entry.endsWith('*') ? header.startsWith(entry.slice(0, -1)) : header === entry)),
  );
  if (unknown.length > 0) throw new S3Error('NotImplemented', `${name} with the headers (${unknown.join(', ')}) is not implemented.`);
}
