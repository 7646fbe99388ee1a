import { catalogue } from '../../model/errors.ts';
import type { Failure } from '../../model/failure.ts';
import { resourceName } from '../../model/names.ts';
import { consoleOf, type StoppedExecution } from '../execution.ts';

/** All that a message says. */
export interface Facts {
  readonly cluster: string;
  readonly runbook: string;
  readonly stopped: StoppedExecution;
  readonly reason: Failure;
  readonly backupId: string | undefined;
  /** Whether the backup was complete before the execution ended. */
  readonly sealed: boolean;
  readonly sweep: boolean;
}

interface Explanation {
  readonly meaning: string;
  readonly action: string;
}

/** What Step Functions itself calls a failure. */
const OTHER_ERRORS: Readonly<Record<string, Explanation>> = {
  'States.Timeout': {
    meaning: 'A step took longer than its limit.',
    action: 'See in the execution which step it was; when the data has grown, raise limits.backupHours or limits.restoreHours.',
  },
  ABORTED: { meaning: 'Somebody stopped the execution.', action: 'Ask who stopped it and why.' },
};
const UNKNOWN: Explanation = {
  meaning: 'No error of hopsworks-dr itself.',
  action: 'See in the execution which step failed, and what its log says.',
};

/** Errors of the input: redriving repeats the same input. */
const INPUT_ERRORS = new Set(['RequestInvalid', 'UnknownCluster', 'BackupExists', 'ManifestMissing', 'SelectionUnknown']);
/** What a plan found: redriving a restore goes on with what was found, not with what is there by then. */
const OBSTACLES = new Set([
  'TargetNotEmpty',
  'VersionTooOld',
  'DataNodeNotStarted',
  'NodeUnaccounted',
  'ManifestUnsupported',
  'ObjectMissing',
  'ObjectAltered',
  'CapacityTooSmall',
  'StorageUnplaced',
  'DeletionGuardMissing',
  'BlocksLost',
]);
/** Characters of an input that a message repeats; Step Functions itself cuts a cause. */
const LONGEST = 4000;
const ENDED = { FAILED: 'failed', TIMED_OUT: 'timed out', ABORTED: 'was stopped' } as const;

/** An e-mail as plain text: SNS takes a subject of less than 100 printable ASCII characters. */
export function writeMessage(facts: Facts): { subject: string; message: string } {
  const { cluster, runbook, stopped, reason, backupId, sealed } = facts;
  const { execution, status, startDate, stopDate } = stopped;
  const { meaning, action } = explanationOf(reason.error);
  const what = `${execution.machine} of ${cluster} ${ENDED[status]}`;
  // The sentence of an error of the catalogue ends with its action.
  const sentence = reason.message.endsWith(action) ? reason.message.slice(0, -action.length).trim() : reason.message;
  const headings = [...(Object.hasOwn(catalogue, reason.error) ? [reason.error.toLowerCase()] : []), `${execution.machine}-failed`];
  const lines = [
    `The ${what}: ${reason.error}`,
    '',
    sentence,
    '',
    `Meaning:     ${meaning}`,
    `What to do:  ${action}`,
    `To go on:    ${wayOn(facts)}`,
    '',
    `Execution:   ${execution.name}`,
    ...(backupId ? [`Backup:      ${backupId}${sealed ? ', complete: it can be restored' : ', not complete: it cannot be restored'}`] : []),
    `Status:      ${status}`,
    `Started:     ${utc(startDate)}`,
    ...(stopDate ? [`Stopped:     ${utc(stopDate)}`] : []),
    `Runbook:     ${headings.map((heading) => `${runbook}#${heading}`).join(`\n${' '.repeat(13)}`)}`,
    `Console:     ${consoleLink(stopped)}`,
  ];
  const subject = `hopsworks-dr: ${what}: ${reason.error}`;
  return { subject: subject.replace(/[^ -~]/g, '?').slice(0, 99), message: `${lines.join('\n')}\n` };
}

function explanationOf(error: string): Explanation {
  const known: Readonly<Record<string, Explanation>> = { ...catalogue, ...OTHER_ERRORS };
  return (Object.hasOwn(known, error) && known[error]) || UNKNOWN;
}

function wayOn({ cluster, stopped: { execution, input }, reason, sealed, sweep }: Facts): string {
  const machine = resourceName(cluster, execution.machine);
  const given = input ? cut(input) : 'of this execution';
  const fresh = execution.machine === 'backup' ? JSON.stringify({ cluster }) : given;
  if (sealed) return 'The backup itself is complete; nothing needs to be started again.';
  if (sweep) {
    return `What the backup left on the nodes is being removed, so it cannot be redriven. Start ${machine} with the input ${fresh} for a new one.`;
  }
  if (execution.machine === 'verify')
    return `When the cause is repaired, start ${machine} anew with the input ${given}. It changes nothing.`;
  if (INPUT_ERRORS.has(reason.error)) return `Start ${machine} with a correct input. It was: ${given}`;
  if (execution.machine === 'restore' && OBSTACLES.has(reason.error)) {
    return `When the cause is repaired, start ${machine} anew with the input ${given}`;
  }
  if (reason.error === 'RestoreDiffers') {
    return `What was restored stays as it is: a redrive would only compare again. To restore anew, start ${machine} with "replace": true in the input ${given}`;
  }
  return [
    'When the cause is repaired, and within 14 days, redrive the execution: it goes on with the step that did not succeed',
    `(in the console, or: aws stepfunctions redrive-execution --region ${execution.region} --execution-arn ${execution.arn}).`,
    `Or start ${machine} anew with the input ${fresh}`,
  ].join(' ');
}

/** SNS takes 256 KB, and people less. */
function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}

function utc(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function consoleLink({ execution }: StoppedExecution): string {
  return `${consoleOf(execution)}/states/home?region=${execution.region}#/v2/executions/details/${execution.arn}`;
}
