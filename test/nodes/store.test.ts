import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenNode } from './given.ts';

const key = 'practice/backups/263261030/rondb/node=1';
const data = 'BACKUP-263261030/BACKUP-263261030-0.1.Data';

describe('storing an object, by upload-rondb-backup,', () => {
  function givenBackedUpNode() {
    const node = givenNode();
    node.givenBackup({ magic: Buffer.from([0xfe, 0x03, 0x01, 0x10, 0, 0, 0, 0]) });
    return node;
  }

  const sizes = [
    ['of one part', 5000, 'put-object'],
    ['of several parts', 64 * 1024 * 1024 + 5, 'complete-multipart-upload'],
  ] as const;

  describe.each(sizes)('with a file %s', (_, bytes, operation) => {
    function givenLargeFile() {
      const node = givenBackedUpNode();
      truncateSync(node.path('mysql-cluster/ndb/backups/BACKUP', data), bytes);
      return node;
    }
    const made = (node: ReturnType<typeof givenLargeFile>) =>
      node.operations().filter((line) => line.startsWith(`${operation} ${key}/${data}`));

    it('takes what an earlier run has stored, whose record is lost', async () => {
      const node = givenLargeFile();
      const first = await node.run('upload-rondb-backup');
      node.remove('mysql-cluster/ndb/backups/hopsdr');

      const second = await node.run('upload-rondb-backup');

      expect(second.answer).toBe(first.answer);
      expect(made(node)).toHaveLength(2);
    });

    it('takes what it has stored itself when the answer was lost', async () => {
      const node = givenLargeFile();

      const { code, answer } = await node.run('upload-rondb-backup', {}, { AWS_FAILS: `${operation}=lost` });

      expect(code).toBe(0);
      expect(answers.UploadRondbBackup.parse(JSON.parse(answer)).nodes).toMatchObject([{ nodeId: 1, files: 3 }]);
    });

    it('overwrites nothing: another object with the name fails the step', async () => {
      const node = givenLargeFile();
      node.write(`bucket/${key}/${data}`, 'other');
      node.write(`bucket.sums/${key}/${data}`, 'sum');

      const { code, last } = await node.run('upload-rondb-backup');

      expect(code).toBe(26);
      expect(last).toContain(`${key}/${data} could not be stored: another object is stored there.`);
      expect(node.read(`bucket/${key}/${data}`)).toBe('other');
      expect(node.operations().some((line) => line.startsWith('abort-multipart-upload'))).toBe(operation === 'complete-multipart-upload');
    });

    it('tries once more when the name is being written at this moment, and then names the conflict', async () => {
      const node = givenLargeFile();
      node.stub('sleep', 'true');

      const { code, last } = await node.run('upload-rondb-backup', {}, { AWS_FAILS: `${operation}=ConditionalRequestConflict` });

      expect(code).toBe(26);
      expect(last).toContain('(ConditionalRequestConflict)');
      expect(made(node)).toHaveLength(2);
    });
  });

  it('overwrites no receipt', async () => {
    const node = givenBackedUpNode();
    node.write(`bucket/${key}/receipt.json`, 'other');
    node.write(`bucket.sums/${key}/receipt.json`, 'sum');

    const { code, last } = await node.run('upload-rondb-backup');

    expect(code).toBe(26);
    expect(last).toContain('receipt.json could not be stored: another object is stored there.');
    expect(node.read(`bucket/${key}/receipt.json`)).toBe('other');
  });

  it('does without conditions where the AWS CLI knows none', async () => {
    const node = givenBackedUpNode();

    const { code } = await node.run('upload-rondb-backup', {}, { AWS_CLI: 'old' });

    expect(code).toBe(0);
  });

  it('says that an aws cannot run', async () => {
    const node = givenBackedUpNode();
    node.stub('aws', 'echo "python3: not found" >&2; exit 127');

    const { code, last } = await node.run('upload-rondb-backup');

    expect(code).toBe(11);
    expect(last).toContain('aws does not run: python3: not found');
  });
});
