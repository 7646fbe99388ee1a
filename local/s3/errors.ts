import type { SignatureFault } from '../sigv4.ts';

const statusByCode = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IllegalLocationConstraintException: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidBucketState: 409,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  XAmzContentSHA256Mismatch: 400,
} as const;

/** An error code of the S3 API. */
export type S3ErrorCode = keyof typeof statusByCode;

/** A refusal that the client receives as S3 XML, with the code's HTTP status. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.status = statusByCode[code];
    this.headers = headers;
  }
}

/** The S3 code of each way in which a signature can be refused. */
export const codeOfFault: Readonly<Record<SignatureFault, S3ErrorCode>> = {
  Missing: 'AccessDenied',
  Malformed: 'AuthorizationHeaderMalformed',
  Unsigned: 'AccessDenied',
  WrongScope: 'AuthorizationHeaderMalformed',
  Expired: 'RequestTimeTooSkewed',
  UnknownKey: 'InvalidAccessKeyId',
  PayloadMismatch: 'XAmzContentSHA256Mismatch',
  Mismatch: 'SignatureDoesNotMatch',
};
