import { createHash } from 'node:crypto';

/** An object as the sink remembers it: its size, what its sender said of its content, and the content itself if that is small. */
interface SunkObject {
  readonly bytes: number;
  /** As S3 reports ChecksumSHA256; undefined when the sender named none. */
  readonly checksum: string | undefined;
  readonly content: Buffer | undefined;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Omit<SunkObject, 'content'>>;
}

/** The objects and unfinished uploads of a sink, by `bucket/key`; nothing of what is sent is checked. */
export interface SunkObjects {
  get(key: string): SunkObject | undefined;
  put(key: string, object: SunkObject): void;
  /** Keys with this prefix, in S3's order. */
  list(prefix: string): string[];
  begin(key: string): string;
  /** False when there is no such upload. */
  addPart(upload: string, number: number, part: Omit<SunkObject, 'content'>): boolean;
  complete(upload: string): boolean;
  abort(upload: string): void;
  clear(): void;
}

export function createObjects(): SunkObjects {
  const objects = new Map<string, SunkObject>();
  const uploads = new Map<string, Upload>();
  let begun = 0;
  return {
    get: (key) => objects.get(key),
    put: (key, object) => void objects.set(key, object),
    list: (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(),

    begin(key) {
      begun += 1;
      uploads.set(`upload-${begun}`, { key, parts: new Map() });
      return `upload-${begun}`;
    },

    addPart(upload, number, part) {
      return uploads.get(upload)?.parts.set(number, part) !== undefined;
    },

    complete(id) {
      const upload = uploads.get(id);
      if (upload) objects.set(upload.key, joined(upload.parts));
      return uploads.delete(id);
    },

    abort: (upload) => void uploads.delete(upload),

    clear() {
      objects.clear();
      uploads.clear();
    },
  };
}

function joined(parts: Upload['parts']): SunkObject {
  const inOrder = [...parts].sort(([one], [other]) => one - other).map(([, part]) => part);
  const bytes = inOrder.reduce((sum, part) => sum + part.bytes, 0);
  if (inOrder.some(({ checksum }) => checksum === undefined)) return { bytes, checksum: undefined, content: undefined };
  const digests = Buffer.concat(inOrder.map(({ checksum = '' }) => Buffer.from(checksum, 'base64')));
  return { bytes, checksum: `${createHash('sha256').update(digests).digest('base64')}-${inOrder.length}`, content: undefined };
}
