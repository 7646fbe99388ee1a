import { receiveText } from './body.ts';
import { bucketOf, type Call, header, oneOf, type Reply } from './call.ts';
import { S3Error } from './errors.ts';
import type { Bucket, Lock, Version } from './storage.ts';
import { readableVersion } from './versions.ts';
import { malformed, readFields, readXml } from './xml.ts';

const MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;

/** The protection that the headers of a new object ask for. */
export function lockOf(call: Call, bucket: Bucket): Lock | undefined {
  const mode = oneOf('x-amz-object-lock-mode', header(call, 'x-amz-object-lock-mode'), MODES);
  const until = header(call, 'x-amz-object-lock-retain-until-date');
  const legalHold = oneOf('x-amz-object-lock-legal-hold', header(call, 'x-amz-object-lock-legal-hold'), ['ON', 'OFF']);
  if (mode === undefined && until === undefined && legalHold === undefined) return undefined;
  requireLockableBucket(bucket);
  if ((mode === undefined) !== (until === undefined)) {
    throw new S3Error('InvalidArgument', 'x-amz-object-lock-mode and x-amz-object-lock-retain-until-date go together.');
  }
  return { ...(mode && until ? { mode, until: futureTime(until, call.now) } : {}), ...(legalHold ? { legalHold } : {}) };
}

/** S3 takes protected content only when the client proves that it arrived as it was. */
export function requireDigest(call: Call, lock: Lock | undefined, algorithm: string | undefined): void {
  if (lock && algorithm === undefined && header(call, 'content-md5') === undefined) {
    throw new S3Error('InvalidRequest', 'Content-MD5 or a checksum is required together with Object Lock parameters.');
  }
}

/** The response headers that tell about a protection. */
export function lockHeaders(lock: Lock | undefined): Record<string, string | undefined> {
  return {
    'x-amz-object-lock-mode': lock?.mode,
    'x-amz-object-lock-retain-until-date': lock?.until,
    'x-amz-object-lock-legal-hold': lock?.legalHold,
  };
}

/** Refuses the removal of a version that is still protected. */
export function checkRemovable({ lock }: Version, bypass: boolean, now: Date): void {
  const retained = isRetained(lock, now) && !(lock?.mode === 'GOVERNANCE' && bypass);
  if (retained || lock?.legalHold === 'ON') throw new S3Error('AccessDenied', 'The version is protected by Object Lock.');
}

/** PutObjectRetention: sets or extends it; weakens only GOVERNANCE, and only on request. */
export async function putObjectRetention(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  requireLockableBucket(bucket);
  const fields = readFields(readXml(await receiveText(call), 'Retention'), ['Mode', 'RetainUntilDate']);
  const mode = MODES.find((candidate) => candidate === fields.Mode);
  if (mode === undefined || fields.RetainUntilDate === undefined) throw malformed();
  const until = futureTime(fields.RetainUntilDate, call.now);

  await bucket.keys.update(call.key, (record) => {
    const version = readableVersion(call, bucket);
    const { lock } = version;
    const weaker = isRetained(lock, call.now) && (until < (lock?.until as string) || mode !== lock?.mode);
    const mayWeaken = lock?.mode === 'GOVERNANCE' && bypassesGovernance(call);
    const stronger = lock?.mode === 'GOVERNANCE' && mode === 'COMPLIANCE' && until >= (lock.until as string);
    if (weaker && !mayWeaken && !stronger) throw new S3Error('AccessDenied', 'The retention of the version can only be extended.');
    const versions = record?.versions ?? [];
    const changed = versions.map((each) => (each === version ? { ...each, lock: { ...lock, mode, until } } : each));
    return [{ id: call.key, versions: changed }, undefined];
  });
  return { status: 200 };
}

/** GetObjectRetention. */
export async function getObjectRetention(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  requireLockableBucket(bucket);
  const { lock } = readableVersion(call, bucket);
  if (!lock?.mode) throw new S3Error('NoSuchObjectLockConfiguration', 'The version has no retention.');
  return {
    status: 200,
    xml: [
      'Retention',
      [
        ['Mode', lock.mode],
        ['RetainUntilDate', lock.until],
      ],
    ],
  };
}

/** GetObjectLegalHold. */
export async function getObjectLegalHold(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  requireLockableBucket(bucket);
  const { lock } = readableVersion(call, bucket);
  if (!lock?.legalHold) throw new S3Error('NoSuchObjectLockConfiguration', 'No legal hold was ever put on the version.');
  return { status: 200, xml: ['LegalHold', [['Status', lock.legalHold]]] };
}

/** Whether the client asks to lift GOVERNANCE, which the one key pair here may. */
export function bypassesGovernance(call: Call): boolean {
  return oneOf('x-amz-bypass-governance-retention', header(call, 'x-amz-bypass-governance-retention'), ['true', 'false']) === 'true';
}

function isRetained(lock: Lock | undefined, now: Date): boolean {
  return lock?.until !== undefined && Date.parse(lock.until) > now.getTime();
}

function requireLockableBucket(bucket: Bucket): void {
  if (!bucket.settings().objectLock) throw new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration.');
}

function futureTime(text: string, now: Date): string {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!(time > now.getTime())) throw new S3Error('InvalidArgument', 'The retain until date must be a time in the future.');
  return new Date(time).toISOString();
}
