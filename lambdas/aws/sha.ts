import { createHash } from 'node:crypto';

/**
 * Stands in for the SDK's SHA-1 in the bundles, which brings an implementation of its own for where Node.js has none. S3 sends that
 * checksum only of objects that somebody has written with it.
 */
export class Sha1 {
  private hash = createHash('sha1');

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  digest = async (): Promise<Uint8Array> => this.hash.copy().digest();

  reset(): void {
    this.hash = createHash('sha1');
  }
}
