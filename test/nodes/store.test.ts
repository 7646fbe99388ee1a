import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenDatanode } from './datanode.ts';
import { exitCodeOf, givenNode } from './given.ts';

const metadata = 'practice/backups/263261030/metadata';
const given = { definition: '/srv/hops/definition' };

describe('storing an object by the AWS CLI, as dump-metadata does,', () => {
  /** A node on which the last of the files to be stored has so many bytes. */
  function givenHead(bytes: number) {
    const node = givenNode();
    node.stub('mysql', 'case "$*" in *VERSION*) echo 8.0.35-cluster ;; *FROM*) true ;; *) cat >/dev/null ;; esac');
    node.stub('mysqldump', 'echo "-- Dump completed"');
    truncateSync(node.write('definition', ''), bytes);
    return node;
  }
  const made = (node: ReturnType<typeof givenHead>, operation: string) =>
    node.operations().filter((line) => line.startsWith(`${operation} `));

  describe.each([
    ['of one part', 5000, 'put-object'],
    ['of several parts', 64 * 1024 * 1024 + 5, 'complete-multipart-upload'],
  ])('with a file %s', (_, bytes, operation) => {
    it('records its size and the checksum that S3 keeps', async () => {
      const node = givenHead(bytes);

      const { answer } = await node.run('dump-metadata', given);

      const file = answers.DumpMetadata.parse(JSON.parse(answer)).files.at(-1);
      expect(file).toMatchObject({ path: 'cluster-definition', bytes });
      expect(node.read(`bucket.sums/${metadata}/cluster-definition`).trim()).toBe(file?.checksum);
    });

    it('takes what it has stored itself when the answer was lost', async () => {
      const node = givenHead(bytes);

      const { code } = await node.run('dump-metadata', given, { AWS_FAILS: `${operation}=lost` });

      expect(code).toBe(0);
      expect(node.has(`bucket/${metadata}/cluster-definition`)).toBe(true);
    });

    it('tries once more when the name is being written at this moment, and then names the conflict', async () => {
      const node = givenHead(bytes);
      node.stub('sleep', 'true');

      const { code, last } = await node.run('dump-metadata', given, { AWS_FAILS: `${operation}=ConditionalRequestConflict` });

      expect(code).toBe(exitCodeOf('UploadFailed'));
      expect(last).toContain('(ConditionalRequestConflict)');
      expect(made(node, operation)).toHaveLength(2);
    });
  });

  it('gives up a multipart upload of which a part fails', async () => {
    const node = givenHead(64 * 1024 * 1024);

    const { code, last } = await node.run('dump-metadata', given, { AWS_FAILS: 'upload-part' });

    expect(code).toBe(exitCodeOf('UploadFailed'));
    expect(last).toContain(
      'cluster-definition could not be stored: An error occurred (AccessDenied) when calling the upload-part operation',
    );
    expect(made(node, 'abort-multipart-upload')).toEqual([`abort-multipart-upload ${metadata}/cluster-definition`]);
  });

  it('gives up what a killed run left', async () => {
    const node = givenHead(64 * 1024 * 1024);
    node.write('bucket.uploads/stale/1', '');

    const { code } = await node.run('dump-metadata', given);

    expect({ code, left: node.has('bucket.uploads/stale') }).toEqual({ code: 0, left: false });
  });

  it('does without conditions where the AWS CLI knows none', async () => {
    const { code } = await givenHead(5).run('dump-metadata', given, { AWS_CLI: 'old' });

    expect(code).toBe(0);
  });

  it('says that an aws cannot run', async () => {
    const node = givenHead(5);
    node.stub('aws', 'echo "python3: not found" >&2; exit 127');

    const { code, last } = await node.run('dump-metadata', given);

    expect(code).toBe(exitCodeOf('ToolMissing'));
    expect(last).toContain('aws does not run: python3: not found');
  });

  it.each(['blocks.list.zst', 'files.tar.zst'])('overwrites nothing, as upload-blocks shows: another %s fails the step', async (name) => {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');
    await node.run('snapshot-blocks');
    for (const bucket of ['bucket', 'bucket.sums']) node.write(`${bucket}/practice/backups/263261030/hopsfs/DS-1/${name}`, 'other');

    const { code, last } = await node.run('upload-blocks');

    expect(code).toBe(exitCodeOf('UploadFailed'));
    expect(last).toContain(`${name} could not be stored: another object is stored there.`);
  });
});
