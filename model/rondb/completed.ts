import type { Completion } from '../manifest.ts';

const BLOCK =
  /Node \d+: Backup (\d+) started from node \d+ completed\.?\s+StartGCP: (\d+) StopGCP: (\d+)\s+#Records: (\d+) #LogRecords: (\d+)\s+Data: (\d+) bytes Log: (\d+) bytes/;

/** Parses what ndb_mgm (four lines) or the cluster log (one line) prints when a backup has completed. */
export function parseCompleted(text: string): Completion {
  const match = BLOCK.exec(text);
  if (!match) throw new Error(`No "completed" block in: ${text.slice(0, 500)}`);
  const [backupId = '', startGcp, stopGcp, records, logRecords, dataBytes, logBytes] = match.slice(1);
  return {
    backupId,
    startGcp: Number(startGcp),
    stopGcp: Number(stopGcp),
    records: Number(records),
    logRecords: Number(logRecords),
    dataBytes: Number(dataBytes),
    logBytes: Number(logBytes),
  };
}
