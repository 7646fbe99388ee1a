import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../model/failure.ts';

const lambda = JSON.stringify({ errorType: 'UploadFailed', errorMessage: 'UploadRondbBackup failed on i-1.', trace: [] });
const child = (error: string, cause: string) => JSON.stringify({ Status: 'FAILED', Error: error, Cause: cause });

describe('why an execution failed', () => {
  it.each([
    ['a sentence of its own', 'BackupAborted', 'No space left.', 'BackupAborted', 'No space left.'],
    ['a Lambda', 'UploadFailed', lambda, 'UploadFailed', 'UploadRondbBackup failed on i-1.'],
    ['a child execution', 'States.TaskFailed', child('UploadFailed', lambda), 'UploadFailed', 'UploadRondbBackup failed on i-1.'],
    ['a child execution without a cause', 'States.TaskFailed', JSON.stringify({ Error: 'States.Timeout' }), 'States.Timeout', ''],
    ['a time-out', 'States.Timeout', '', 'States.Timeout', ''],
    ['JSON of another kind', 'Odd', '[1]', 'Odd', '[1]'],
  ])('is found in %s', (_, error, cause, name, message) => {
    expect(describeFailure(error, cause)).toEqual({ error: name, message });
  });
});
