import { readFileSync, writeFileSync } from 'node:fs';
import { type Bucket, refuse } from '../../nodes/bucket.ts';

/** The bytes with one bit flipped: a little behind their middle, where in a small compressed file no bit is without a meaning. */
export function flip(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = (copy.length >> 1) + 10;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

/** The first half of the bytes. */
export const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

export function spoilFile(file: string, spoil: (bytes: Uint8Array) => Uint8Array): void {
  writeFileSync(file, spoil(readFileSync(file)));
}

/** Lets nothing of a bucket be listed or read by nodes; tests themselves may. */
export function denyReading({ interfere }: Bucket): void {
  interfere((request, response) => {
    const isTest = request.headers['user-agent']?.includes('aws-sdk-js') ?? false;
    return request.method === 'GET' && !isTest && refuse(response, 403, 'AccessDenied');
  });
}
