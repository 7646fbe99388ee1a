// Stand in for the SDK's hashes in the bundles, which bring implementations of their own for where Node.js has none.
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** As the SDK uses them: without a secret, a digest may be asked for more than once. */
class NodeHash {
  private readonly begin: () => Hash | Hmac;
  private hash: Hash | Hmac;

  constructor(algorithm: string, secret?: string | Uint8Array) {
    this.begin = () => (secret ? createHmac(algorithm, secret) : createHash(algorithm));
    this.hash = this.begin();
  }

  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array('copy' in this.hash ? this.hash.copy().digest() : this.hash.digest());
  }

  reset(): void {
    this.hash = this.begin();
  }
}

/** With a secret: an HMAC, by which requests are signed. */
export class Sha256 extends NodeHash {
  constructor(secret?: string | Uint8Array) {
    super('sha256', secret);
  }
}

/** S3 sends this checksum only of objects that somebody has written with it. */
export class Sha1 extends NodeHash {
  constructor() {
    super('sha1');
  }
}

export class Md5 extends NodeHash {
  constructor() {
    super('md5');
  }
}

/** What the S3 client sends with every object that it writes, big-endian. */
export class Crc32 {
  private value = 0;

  update(data: Uint8Array): void {
    this.value = crc32(data, this.value);
  }

  async digest(): Promise<Uint8Array> {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.value);
    return new Uint8Array(digest);
  }

  reset(): void {
    this.value = 0;
  }
}

/** The digest of what a stream holds. */
export async function readableStreamHasher(Constructor: new () => NodeHash, stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const hash = new Constructor();
  for await (const chunk of stream) hash.update(chunk);
  return await hash.digest();
}

// The names by which the SDK hands them on.
export { Crc32 as Crc32Js, Crc32 as Crc32Node, Md5 as Md5Js, Md5 as Md5Node, Sha256 as Sha256Js, Sha256 as Sha256Node };
