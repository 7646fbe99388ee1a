const MEBIBYTE = 1024 ** 2;
const SMALLEST = 64 * MEBIBYTE;
/** S3 takes no larger part, and no part beyond this number. */
const LARGEST = 5 * 1024 * MEBIBYTE;
const PARTS = 10_000;
/** After so many parts their size doubles: an object of 40 TiB has fewer than 10,000 of them. */
const SAME_SIZE = 250;

/**
 * Bytes of part `number`, from 1 to 10,000, of every multipart upload of a file of a native backup but the last part, which holds the
 * rest. A fixed rule: whoever has the file and its `checksum` can compare them. `nodes/transfer.py` cuts by the same.
 * Source of the limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export function partBytes(number: number): number {
  if (!Number.isInteger(number) || number < 1 || number > PARTS) throw new RangeError(`S3 has no part ${number}.`);
  return sizeOf(number);
}

/**
 * How many parts a file of so many bytes is uploaded in; 0 when it is smaller than the first of them and stored by one request. More
 * than 10,000 are more than S3 takes.
 */
export function partCount(bytes: number): number {
  if (bytes < SMALLEST) return 0;
  let count = 0;
  for (let left = bytes; left > 0; left -= sizeOf(count)) count += 1;
  return count;
}

function sizeOf(number: number): number {
  return Math.min(LARGEST, SMALLEST * 2 ** Math.floor((number - 1) / SAME_SIZE));
}
