import { createHash } from 'node:crypto';
import { createCrc32, createCrc32c, createCrc64Nvme } from './crc.ts';

/** The checksum algorithms of S3 that are implemented, as they are spelled in requests and responses. */
export const algorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof algorithms)[number];

/** What S3 computes by itself when the client sends no checksum. */
export const DEFAULT_ALGORITHM = 'CRC64NVME' satisfies Algorithm;

/** Of the whole content, or of the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as S3 shows it: base64, for COMPOSITE followed by "-" and the number of parts. */
export interface Checksum {
  readonly algorithm: Algorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** A checksum that is being computed. */
export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  digest(): Buffer;
}

/** Starts a checksum over a stream of chunks. */
export function startChecksum(algorithm: Algorithm): RunningChecksum {
  if (algorithm === 'SHA1' || algorithm === 'SHA256') {
    const hash = createHash(algorithm);
    return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
  }
  const crc = { CRC32: createCrc32, CRC32C: createCrc32c, CRC64NVME: createCrc64Nvme }[algorithm]();
  return { update: crc.update, digest: crc.value };
}

/** The checksum that covers the checksums (base64) of all parts in order. */
export function compositeChecksum(algorithm: Algorithm, parts: readonly string[]): Checksum {
  const running = startChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part, 'base64'));
  return { algorithm, type: 'COMPOSITE', value: `${running.digest().toString('base64')}-${parts.length}` };
}

/** The header that carries a checksum of this algorithm. */
export function headerOf(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The XML element that carries a checksum of this algorithm. */
export function elementOf(algorithm: Algorithm): string {
  return `Checksum${algorithm}`;
}

/** The response headers that report a checksum. */
export function checksumHeaders(checksum: Checksum): Record<string, string> {
  return { [headerOf(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}
