import { crc32 } from 'node:zlib';

/** A running cyclic redundancy check; `value` is the check of all that was added so far. */
export interface Crc {
  update(chunk: Uint8Array): void;
  value(): Buffer;
}

/** CRC-32 as in zip. */
export function createCrc32(): Crc {
  let crc = 0;
  return {
    update: (chunk) => {
      crc = crc32(chunk, crc);
    },
    value: () => fourBytes(crc),
  };
}

/** CRC-32C (Castagnoli). */
export function createCrc32c(): Crc {
  let crc = -1;
  return {
    update: (chunk) => {
      let running = crc;
      for (let i = 0; i < chunk.length; i++) running = (castagnoli[(running ^ (chunk[i] as number)) & 0xff] as number) ^ (running >>> 8);
      crc = running;
    },
    value: () => fourBytes(~crc >>> 0),
  };
}

/** CRC-64/NVME, kept as two 32-bit halves because BigInt would cost a hundred times as much. */
export function createCrc64Nvme(): Crc {
  let high = -1;
  let low = -1;
  return {
    update: (chunk) => {
      // Local variables and a counted loop: several times the speed of for…of on captured ones.
      let [upper, lower] = [high, low];
      for (let i = 0; i < chunk.length; i++) {
        const index = (lower ^ (chunk[i] as number)) & 0xff;
        lower = ((lower >>> 8) | (upper << 24)) ^ (nvmeLow[index] as number);
        upper = (upper >>> 8) ^ (nvmeHigh[index] as number);
      }
      [high, low] = [upper, lower];
    },
    value: () => Buffer.concat([fourBytes(~high >>> 0), fourBytes(~low >>> 0)]),
  };
}

const castagnoli = Int32Array.from(table(0x82f63b78n), (entry) => Number(entry));
const nvme = table(0x9a6c9329ac4bc9b5n);
const nvmeHigh = Int32Array.from(nvme, (entry) => Number(entry >> 32n));
const nvmeLow = Int32Array.from(nvme, (entry) => Number(entry & 0xffffffffn));

/** The 256 remainders of a reflected polynomial. */
function table(polynomial: bigint): bigint[] {
  return Array.from({ length: 256 }, (_, byte) => {
    let remainder = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ polynomial : remainder >> 1n;
    return remainder;
  });
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
