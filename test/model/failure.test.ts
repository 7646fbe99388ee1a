import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../model/failure.ts';

const lambda = JSON.stringify({ errorType: 'UploadFailed', errorMessage: 'UploadRondbBackup failed on i-1.', trace: ['a', 'b'] });
const EXECUTION = 'arn:aws:states:eu-north-1:111122223333:execution:hopsdr-example-backup-run-on-nodes:1';
/** As startExecution.sync:2 describes the child, its keys in alphabetical order. */
const child = (fields: object, Status = 'FAILED') =>
  JSON.stringify({ ...fields, ExecutionArn: EXECUTION, Input: '{"action":"UploadRondbBackup"}', Name: '1', Status });
const failed = (error: string, cause: string) => child({ Cause: cause, Error: error });

describe('why an execution failed', () => {
  it.each([
    ['a sentence of its own', 'BackupAborted', 'No space left.', 'BackupAborted', 'No space left.'],
    ['a Lambda', 'UploadFailed', lambda, 'UploadFailed', 'UploadRondbBackup failed on i-1.'],
    ['a child execution', 'States.TaskFailed', failed('UploadFailed', lambda), 'UploadFailed', 'UploadRondbBackup failed on i-1.'],
    [
      "a child execution's child",
      'States.TaskFailed',
      failed('States.TaskFailed', failed('UploadFailed', lambda)),
      'UploadFailed',
      'UploadRondbBackup failed on i-1.',
    ],
    ['a child execution without a cause', 'States.TaskFailed', JSON.stringify({ Error: 'States.Timeout' }), 'States.Timeout', ''],
    ['a child execution that timed out', 'States.TaskFailed', child({}, 'TIMED_OUT'), 'States.Timeout', `${EXECUTION} ended as TIMED_OUT.`],
    [
      'a child execution that was stopped',
      'States.TaskFailed',
      child({}, 'ABORTED'),
      'States.TaskFailed',
      `${EXECUTION} ended as ABORTED.`,
    ],
    ['a time-out', 'States.Timeout', '', 'States.Timeout', ''],
    ['JSON of another kind', 'Odd', '[1]', 'Odd', '[1]'],
    ['a sentence in braces', 'Odd', '{not JSON}', 'Odd', '{not JSON}'],
  ])('is found in %s', (_, error, cause, name, message) => {
    expect(describeFailure(error, cause)).toEqual({ error: name, message });
  });

  const long = JSON.stringify({ errorType: 'UploadFailed', errorMessage: `It "broke".\nTwice. ${'x'.repeat(100)}`, trace: ['a'] });

  it.each([
    ['within the sentence of a Lambda', long.slice(0, 100), 'UploadFailed', /^It "broke"\. Twice\. x+$/],
    ['within the trace of a Lambda', lambda.slice(0, -3), 'UploadFailed', /^UploadRondbBackup failed on i-1\.$/],
    ['within a child', failed('UploadFailed', long).slice(0, 150), 'UploadFailed', /^It "broke"\. Twice\. x+$/],
    ["within a child's child", failed('States.TaskFailed', failed('UploadFailed', long)).slice(0, 200), 'UploadFailed', /^It "broke"/],
    ['after the name of the error', failed('BackupAborted', 'No space left.').slice(0, -20), 'BackupAborted', /^\{"Cause":"No space/],
    [
      "after the names of a child's and its child's errors",
      failed('States.TaskFailed', failed('BackupAborted', 'No space left.')).slice(0, -20),
      'BackupAborted',
      /^\{"Cause":/,
    ],
    ['before any name', failed('BackupAborted', 'No space left.').slice(0, 15), 'States.TaskFailed', /^\{"Cause":"No sp$/],
  ])('is found as far as it can be seen in a cause that is cut off %s', (_, cause, name, message) => {
    expect(describeFailure('States.TaskFailed', cause)).toEqual({ error: name, message: expect.stringMatching(message) });
  });
});
