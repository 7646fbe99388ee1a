import { createHash, randomUUID } from 'node:crypto';

/** What Step Functions adds to JSONata, by name: implementation and JSONata signature. */
export const stepFunctionsFunctions = {
  partition: { signature: '<an:a>', implementation: partition },
  range: { signature: '<nnn:x>', implementation: range },
  hash: { signature: '<ss:s>', implementation: hash },
  random: { signature: '<n?:n>', implementation: random },
  uuid: { signature: '<:s>', implementation: () => randomUUID() },
  parse: { signature: '<s:x>', implementation: (text: string) => JSON.parse(text) },
} as const;

/** The functions of JSONata 2 that Step Functions has too; `$eval` is not among them. */
export const builtinFunctions = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace split
  join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power boolean not map zip filter single reduce
  sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode base64decode
  encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis fromMillis clone now millis`.split(/\s+/),
);

const algorithms: Record<string, string> = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

function partition(values: unknown[], size: number): unknown[][] {
  if (values.length === 0) throw new Error('$partition: the array is empty');
  if (!Number.isInteger(size) || size < 1) throw new Error(`$partition: the size of a chunk must be a positive integer, not ${size}`);
  return Array.from({ length: Math.ceil(values.length / size) }, (_, chunk) => values.slice(chunk * size, (chunk + 1) * size));
}

function range(first: number, last: number, step: number): unknown {
  if (![first, last, step].every(Number.isInteger) || step === 0) throw new Error('$range: three integers, the step not 0, are needed');
  const values = Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, index) => first + index * step);
  // Step Functions returns a sequence, and JSONata sequences of one are that one: $range(1, 9, 9) is 1.
  return values.length === 1 ? values[0] : values;
}

function hash(text: string, algorithm: string): string {
  const name = algorithms[algorithm];
  if (name === undefined) throw new Error(`$hash: the algorithm must be one of ${Object.keys(algorithms).join(', ')}, not ${algorithm}`);
  return createHash(name).update(text).digest('hex');
}

/** With a seed always the same number, though not the one that Step Functions would give. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  return createHash('sha256').update(String(seed)).digest().readUIntBE(0, 6) / 2 ** 48;
}
