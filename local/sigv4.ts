import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The one key pair that the local endpoints accept. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Why a signature was refused; each endpoint turns it into the error of its own protocol. */
export type SignatureFault =
  | 'Missing'
  | 'Malformed'
  | 'Unsigned'
  | 'WrongScope'
  | 'Expired'
  | 'UnknownKey'
  | 'PayloadMismatch'
  | 'Mismatch';

/** A request whose signature does not prove who sent it. */
export class SignatureError extends Error {
  readonly fault: SignatureFault;

  constructor(fault: SignatureFault, message: string) {
    super(message);
    this.name = 'SignatureError';
    this.fault = fault;
  }
}

/** A proven signature, with what is needed to check the signatures of the chunks that follow it. */
export interface VerifiedSignature {
  /** Lower-case sha256 of the body, or one of S3's words for "not signed as a whole". The caller of `s3` checks the body against it. */
  readonly payload: string;
  readonly signature: string;
  /** Signs further text of the same request with the day's key. */
  sign(algorithm: string, ...lines: string[]): string;
}

/** What a request must be signed for. */
export interface SignatureScope {
  readonly service: 's3' | 'ssm' | 'states';
  readonly region: string;
  /** The whole body; for `s3` left out, because there the header x-amz-content-sha256 speaks for it. */
  readonly body?: Uint8Array;
}

/** Checks the AWS Signature Version 4 in the headers of a request, against the real clock; throws {@link SignatureError}. */
export function verifySignature(request: IncomingMessage, credentials: Credentials, scope: SignatureScope): VerifiedSignature {
  const { accessKeyId, day, region, service, signedHeaders, signature } = parseAuthorization(request);
  const time = requireHeader(request, 'x-amz-date');
  if (accessKeyId !== credentials.accessKeyId) throw new SignatureError('UnknownKey', `The access key id ${accessKeyId} does not exist.`);
  if (region !== scope.region || service !== scope.service || day !== time.slice(0, 8)) {
    throw new SignatureError('WrongScope', `The credential is for ${day}/${region}/${service}, not for ${scope.region}/${scope.service}.`);
  }
  checkTime(time);
  checkCoverage(request, signedHeaders);
  const payload = payloadOf(request, scope);
  const key = ['aws4_request', service, region, day].reduceRight<Buffer>(
    (parent, part) => hmac(parent, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const sign = (algorithm: string, ...lines: string[]) =>
    hmac(key, [algorithm, time, `${day}/${region}/${service}/aws4_request`, ...lines].join('\n')).toString('hex');
  const canonical = canonicalRequest(request, service, signedHeaders, payload);
  const expected = sign('AWS4-HMAC-SHA256', sha256(canonical));
  if (!sameText(expected, signature)) {
    throw new SignatureError('Mismatch', 'The request signature that was calculated does not match the signature that was provided.');
  }
  return { payload, signature, sign };
}

/** Compares two signatures without telling by the time it takes where they differ. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/;

function parseAuthorization(request: IncomingMessage) {
  const header = request.headers.authorization;
  if (header === undefined) throw new SignatureError('Missing', 'The request carries no Authorization header.');
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = AUTHORIZATION.exec(header) ?? [];
  if (signature === '') throw new SignatureError('Malformed', 'The Authorization header is not an AWS4-HMAC-SHA256 one.');
  return { accessKeyId, day, region, service, signedHeaders: names.split(';'), signature };
}

function requireHeader(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  if (typeof value !== 'string') throw new SignatureError('Malformed', `The header ${name} is missing.`);
  return value;
}

function checkTime(time: string): void {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const sent = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(sent)) throw new SignatureError('Malformed', `x-amz-date is not a time: ${time}`);
  if (Math.abs(Date.now() - sent) > 15 * 60_000)
    throw new SignatureError('Expired', `The request was signed at ${time}: too far from now.`);
}

function checkCoverage(request: IncomingMessage, signedHeaders: readonly string[]): void {
  const needed = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const missing = needed.filter((name) => !signedHeaders.includes(name));
  if (missing.length > 0) throw new SignatureError('Unsigned', `Headers are present that were not signed: ${missing.join(', ')}`);
}

function payloadOf(request: IncomingMessage, { service, body }: SignatureScope): string {
  if (service === 's3') return requireHeader(request, 'x-amz-content-sha256');
  const hash = sha256(body ?? '');
  const claimed = request.headers['x-amz-content-sha256'];
  if (claimed !== undefined && claimed !== hash)
    throw new SignatureError('PayloadMismatch', 'x-amz-content-sha256 is not the sha256 of the body.');
  return hash;
}

function canonicalRequest(request: IncomingMessage, service: string, signedHeaders: readonly string[], payload: string): string {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  // S3 signs the encoded path as it is; every other service encodes it a second time.
  const once = path.split('/').map(reencode).join('/');
  const canonicalPath = service === 's3' ? once : once.split('/').map(encode).join('/');
  const headers = signedHeaders.map((name) => {
    const values = request.headersDistinct[name] ?? [];
    return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
  });
  return [request.method, canonicalPath, canonicalQuery(query), headers.join(''), signedHeaders.join(';'), payload].join('\n');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split(/=(.*)/s))
    .map(([name = '', value = '']) => [reencode(name), reencode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map((pair) => pair.join('='))
    .join('&');
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function reencode(text: string): string {
  try {
    return encode(decodeURIComponent(text));
  } catch (cause) {
    throw new SignatureError('Malformed', `The address is not valid percent-encoded UTF-8: ${text} (${cause})`);
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

// Node hands header bytes over as latin1; hashing them back as latin1 gives the bytes that were signed.
function sha256(content: string | Uint8Array): string {
  return createHash('sha256')
    .update(typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
    .digest('hex');
}
