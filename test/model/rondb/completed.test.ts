import { describe, expect, it } from 'vitest';
import { parseCompleted } from '../../../model/rondb/completed.ts';

describe("reading RonDB's report of a completed backup", () => {
  it('reads the block that ndb_mgm prints', () => {
    const text = `Connected to management server at 127.0.0.1 port 21186 (using cleartext)
Waiting for completed, this may take several minutes
Node 1: Backup 100 started from node 49
Node 1: Backup 100 started from node 49 completed
 StartGCP: 85 StopGCP: 88
 #Records: 140002 #LogRecords: 17
 Data: 3360448 bytes Log: 5 bytes
`;

    expect(parseCompleted(text)).toEqual({
      backupId: '100',
      startGcp: 85,
      stopGcp: 88,
      records: 140_002,
      logRecords: 17,
      dataBytes: 3_360_448,
      logBytes: 5,
    });
  });

  it('reads the line of the cluster log', () => {
    const line =
      '2026-11-22 10:30:12 [MgmtSrvr] INFO     -- Node 1: Backup 204 started from node 49 completed. ' +
      'StartGCP: 139 StopGCP: 142 #Records: 140002 #LogRecords: 0 Data: 3360448 bytes Log: 0 bytes';

    expect(parseCompleted(line)).toMatchObject({ backupId: '204', startGcp: 139, stopGcp: 142, records: 140_002, dataBytes: 3_360_448 });
  });

  it.each([
    ['a backup that only started', 'Node 1: Backup 100 started from node 49\n'],
    ['an aborted backup', 'ALERT -- Node 1: Backup 302 started from 49 has been aborted. Error: 1326'],
    ['a refused backup', 'Backup failed\n*  3001: Could not start backup\n*        A backup is already running'],
    ['a block that is cut off', 'Node 1: Backup 100 started from node 49 completed\n StartGCP: 85 StopGCP: 88\n #Records: 14'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(() => parseCompleted(text)).toThrow('No "completed" block');
  });
});
