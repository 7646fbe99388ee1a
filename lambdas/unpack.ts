import { gunzipSync } from 'node:zlib';
import { DrError } from '../model/errors.ts';

const LIMIT = 4 * 1024 * 1024;

/** Text that a node packed with `gzip | base64`; more than 4 MiB of it is refused. */
export function unpack(what: string, packed: string): string {
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: LIMIT }).toString('utf8');
  } catch (cause) {
    throw new DrError('NodeOutputInvalid', `${what} is not gzipped text.`, { cause });
  }
}
