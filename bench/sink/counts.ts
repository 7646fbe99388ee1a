/** What the clients of the sink have asked for since it was last told to begin anew. */
export interface Counts {
  /** By S3's name of the operation. */
  readonly requests: Record<string, number>;
  /** Bytes of bodies that arrived, also of requests that were cut off. */
  receivedBytes: number;
  servedBytes: number;
}

/** S3 asks the price of a PUT for these. */
const PUT_CLASS = ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'ListObjectsV2'];

export const noCounts = (): Counts => ({ requests: {}, receivedBytes: 0, servedBytes: 0 });

/** How many of the requests S3 counts as PUT, COPY, POST or LIST. */
export function putRequests({ requests }: Counts): number {
  return PUT_CLASS.reduce((sum, name) => sum + (requests[name] ?? 0), 0);
}
