import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Algorithm, Checksum, ChecksumType } from './checksums.ts';
import { S3Error } from './errors.ts';
import { createDirectory, UNFINISHED, writeJson } from './files.ts';
import { createLocks, openRecords, type Records, recordFile } from './records.ts';
import type { Element } from './xml.ts';

// <root>/<bucket>/bucket.json      its settings
// <root>/<bucket>/keys/<hash>.json one key with all its versions; replacing it is the commit of every change
// <root>/<bucket>/uploads/…json    one multipart upload with its parts
// <root>/<bucket>/data/<random>    content of versions and parts; a file that no record names does not exist for anybody

/** What protects a version from deletion. */
export interface Lock {
  readonly mode?: 'GOVERNANCE' | 'COMPLIANCE';
  /** ISO time; there when and only when `mode` is. */
  readonly until?: string;
  readonly legalHold?: 'ON' | 'OFF';
}

/** Bytes and what is told about them. */
export interface Content {
  /** Name of the file in the bucket's data directory. */
  readonly file: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: Checksum;
  /** Response headers that the writer chose: content-type, x-amz-meta-* and so on. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One version of an object; without content it is a delete marker. */
export interface Version {
  /** "null" when it was written while versioning was not enabled. */
  readonly versionId: string;
  readonly lastModified: string;
  readonly content?: Content;
  readonly lock?: Lock;
}

/** A key; `id` is the key itself. The newest version comes first, and there is at least one. */
export interface KeyRecord {
  readonly id: string;
  readonly versions: readonly Version[];
}

/** One uploaded part. */
export interface Part {
  readonly file: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
  /** Base64, of the upload's algorithm. */
  readonly checksum: string;
}

/** A multipart upload that is neither completed nor aborted. */
export interface UploadRecord {
  readonly id: string;
  readonly key: string;
  readonly initiated: string;
  /** True when the client named the algorithm; else S3 chose. */
  readonly declared: boolean;
  readonly algorithm: Algorithm;
  readonly checksumType: ChecksumType;
  readonly headers: Readonly<Record<string, string>>;
  readonly lock?: Lock;
  readonly parts: Readonly<Record<number, Part>>;
}

interface BucketSettings {
  readonly created: string;
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly objectLock: boolean;
  /** The rules of its lifecycle, as they are written. */
  readonly lifecycle?: readonly Element[];
}

export interface Bucket {
  readonly name: string;
  readonly dataDirectory: string;
  readonly keys: Records<KeyRecord>;
  readonly uploads: Records<UploadRecord>;
  settings(): BucketSettings;
  /** Changes the settings that are named. */
  configure(change: Partial<BucketSettings>): Promise<void>;
}

/** All buckets below one directory, which only this process may use. */
export interface Storage {
  find(name: string): Bucket | undefined;
  create(name: string, settings: BucketSettings): Promise<void>;
}

/** Opens a directory of buckets, makes it when missing, and removes what interrupted writes have left there. */
export function openStorage(root: string): Storage {
  mkdirSync(root, { recursive: true });
  sweep(root, (name) => !name.endsWith(UNFINISHED));
  const buckets = new Map(readdirSync(root).map((name) => [name, openBucket(join(root, name), name)]));

  return {
    find: (name) => buckets.get(name),
    async create(name, settings) {
      const path = join(root, name);
      await createDirectory(path, async (draft) => {
        await Promise.all(['keys', 'uploads', 'data'].map((folder) => mkdir(join(draft, folder))));
        await writeJson(join(draft, 'bucket.json'), settings);
      });
      buckets.set(name, openBucket(path, name));
    },
  };
}

/** The path of the file that holds the content of a key's current version; for tests that damage it. */
export async function objectFile(root: string, bucket: string, key: string): Promise<string> {
  const record = JSON.parse(await readFile(recordFile(join(root, bucket, 'keys'), key), 'utf8')) as KeyRecord;
  const content = record.versions[0]?.content;
  if (!content) throw new S3Error('NoSuchKey', `${bucket}/${key} is deleted.`);
  return join(root, bucket, 'data', content.file);
}

function openBucket(path: string, name: string): Bucket {
  const dataDirectory = join(path, 'data');
  for (const folder of ['.', 'keys', 'uploads']) sweep(join(path, folder), (entry) => !entry.endsWith(UNFINISHED));
  const keys = openRecords<KeyRecord>(join(path, 'keys'), dataDirectory, dataOfKey);
  const uploads = openRecords<UploadRecord>(join(path, 'uploads'), dataDirectory, dataOfUpload);
  const named = new Set([
    ...keys.ids().flatMap((id) => dataOfKey(keys.get(id) as KeyRecord)),
    ...uploads.ids().flatMap((id) => dataOfUpload(uploads.get(id) as UploadRecord)),
  ]);
  sweep(dataDirectory, (file) => named.has(file));

  const locked = createLocks();
  let settings = JSON.parse(readFileSync(join(path, 'bucket.json'), 'utf8')) as BucketSettings;
  return {
    name,
    dataDirectory,
    keys,
    uploads,
    settings: () => settings,
    configure: (change) =>
      locked('settings', async () => {
        const next = { ...settings, ...change };
        await writeJson(join(path, 'bucket.json'), next);
        settings = next;
      }),
  };
}

function sweep(directory: string, keep: (name: string) => boolean): void {
  for (const name of readdirSync(directory)) {
    if (!keep(name)) rmSync(join(directory, name), { recursive: true });
  }
}

function dataOfKey(record: KeyRecord): string[] {
  return record.versions.flatMap(({ content }) => (content ? [content.file] : []));
}

function dataOfUpload(record: UploadRecord): string[] {
  return Object.values(record.parts).map(({ file }) => file);
}
