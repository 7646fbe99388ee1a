import { minimumDays } from './bucket-settings.ts';
import { type Cluster, clusterSchema } from './cluster.ts';
import { type Gap, largestGap, nextRun } from './next-run.ts';
import { longestKeptDays, type Retention } from './retention.ts';
import type { Schedule } from './schedule.ts';

/** The {@link clusterSchema}, and that its parts fit together for the year that begins at an instant. */
export function clusterSchemaAt(from: Date) {
  return clusterSchema.check(({ value: cluster, issues }) => {
    const found = contradictions(cluster, from);
    issues.push(...found.map(({ path, message }) => ({ code: 'custom' as const, input: cluster, path: [...path], message })));
  });
}

/**
 * The days that a backup can be kept at most, by the retention, the schedules' largest gap within a year from an instant, and Object Lock,
 * under which prunes leave it. Pinned backups have no end.
 */
export function keptDays({ retention, schedules, bucket }: Pick<Cluster, 'retention' | 'schedules' | 'bucket'>, from: Date): number {
  const gap = largestGap(schedules, from);
  const untilPruned = Number.isFinite(gap.minutes) ? Math.ceil(gap.minutes / 1440) : 1;
  return Math.max(keptDaysWith(retention, gap), bucket.objectLock ? bucket.objectLock.days + untilPruned : 0);
}

function keptDaysWith(retention: Retention, { minutes }: Gap): number {
  return longestKeptDays(retention, Number.isFinite(minutes) ? minutes / 1440 : undefined);
}

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What starts more often would get into its own way. */
const LEAST_MINUTES = 15;

function contradictions(cluster: Cluster, from: Date): Contradiction[] {
  const ofSchedules = [...scheduleContradictions(cluster, from)];
  // Gaps between schedules that are wrong would mislead.
  if (ofSchedules.length > 0) return ofSchedules;
  const gap = largestGap(cluster.schedules, from);
  return [
    ...objectiveContradictions(cluster, gap),
    ...verificationContradictions(cluster, from),
    ...bucketContradictions(cluster, keptDaysWith(cluster.retention, gap)),
  ];
}

function* scheduleContradictions({ schedules, verifications }: Cluster, from: Date): Generator<Contradiction> {
  const taken = schedules.map(({ name }) => name);
  for (const [index, { name }] of verifications.entries()) {
    // One group of EventBridge Scheduler holds them all.
    if (taken.includes(name))
      yield { path: ['verifications', index, 'name'], message: `expected another name than "${name}", which is taken` };
    taken.push(name);
  }
  yield* runContradictions('schedules', schedules, from);
  yield* runContradictions('verifications', verifications, from);
}

function* runContradictions(key: 'schedules' | 'verifications', all: readonly Schedule[], from: Date): Generator<Contradiction> {
  for (const [index, schedule] of all.entries()) {
    if (!schedule.enabled) continue;
    const path = [key, index, 'expression'];
    const first = nextRun(schedule, from);
    const second = first && nextRun(schedule, first);
    if (!first) yield { path, message: `${schedule.expression} never runs after ${minuteOf(from)}; correct it or leave the schedule out` };
    else if (second && second.getTime() - first.getTime() < LEAST_MINUTES * 60_000) {
      yield { path, message: `${schedule.expression} runs more often than every ${LEAST_MINUTES} minutes; let it run less often` };
    }
  }
}

function* objectiveContradictions({ schedules, objectives, limits }: Cluster, gap: Gap): Generator<Contradiction> {
  const path = ['objectives', 'recoveryPointHours'];
  const objective = objectives.recoveryPointHours;
  const enabled = schedules.filter((schedule) => schedule.enabled);
  if (objective === null) {
    if (enabled.length > 0)
      yield { path, message: `null would leave ${enabled.length} enabled schedule(s) unwatched; set hours, or schedules to []` };
    return;
  }
  if (enabled.length === 0) {
    yield { path, message: `${objective} hours cannot be met while no schedule is enabled; enable one, or set the objective to null` };
    return;
  }
  const flexible = Math.max(...enabled.map(({ flexibleMinutes }) => flexibleMinutes));
  const hours = (gap.minutes + flexible) / 60;
  if (hours === Number.POSITIVE_INFINITY) {
    yield { path: ['schedules'], message: `no schedule runs after ${minuteOf(gap.after)}; add one that does` };
  } else if (hours > objective) {
    const found = `up to ${rounded(hours)} hours lie between two backups (${rounded(gap.minutes / 60)} after the one of ${minuteOf(gap.after)}, and flexibleMinutes of ${flexible})`;
    yield {
      path,
      message: `${objective} hours cannot be met: ${found}; raise the objective to at least ${Math.ceil(hours)} or schedule backups more often`,
    };
  }
  if (limits.backupHours > objective) {
    const found = `a step may take ${limits.backupHours} hours, longer than objectives.recoveryPointHours of ${objective}`;
    yield { path: ['limits', 'backupHours'], message: `${found}; lower it to at most ${objective} or raise the objective` };
  }
}

/** An objective without schedules is met by hand; a schedule without an objective would go on failing, or stop, and no alarm would stay on. */
function* verificationContradictions({ verifications, objectives }: Cluster, from: Date): Generator<Contradiction> {
  const path = ['objectives', 'verificationDays'];
  const days = objectives.verificationDays;
  const enabled = verifications.filter((verification) => verification.enabled);
  if (enabled.length === 0) return;
  if (days === null) {
    yield { path, message: `null would leave ${enabled.length} enabled verification(s) unwatched; set days, or verifications to []` };
    return;
  }
  const gap = largestGap(verifications, from);
  const needed = (gap.minutes + Math.max(...enabled.map(({ flexibleMinutes }) => flexibleMinutes))) / 1440;
  if (needed === Number.POSITIVE_INFINITY) {
    yield { path: ['verifications'], message: `no verification runs after ${minuteOf(gap.after)}; add one that does` };
  } else if (needed > days) {
    const found = `up to ${rounded(needed)} days lie between two verifications, after the one of ${minuteOf(gap.after)}`;
    const remedy = `raise the objective to at least ${Math.ceil(needed)} or schedule verifications more often`;
    yield { path, message: `${days} days cannot be met: ${found}; ${remedy}` };
  }
}

function* bucketContradictions({ limits, bucket }: Cluster, kept: number): Generator<Contradiction> {
  const { noncurrentDays, abortUploadsAfterDays, objectLock, transitions } = bucket;
  const twice = 2 * limits.backupHours;
  if (abortUploadsAfterDays * 24 <= twice) {
    const found = `after ${abortUploadsAfterDays} days an upload may still run: limits.backupHours of ${limits.backupHours} allows ${twice} hours with one repetition`;
    yield {
      path: ['bucket', 'abortUploadsAfterDays'],
      message: `${found}; raise it to at least ${Math.floor(twice / 24) + 1} or lower the limit`,
    };
  }
  const gone = kept + noncurrentDays;
  if (objectLock && objectLock.days > gone) {
    const found = `${objectLock.days} days are longer than the ${kept} days that retention keeps a backup and bucket.noncurrentDays of ${noncurrentDays}`;
    const message = `${found}: removed backups would stay and cost; lower it to at most ${gone} or keep backups longer`;
    yield { path: ['bucket', 'objectLock', 'days'], message };
  }
  for (const [index, { storageClass, afterDays }] of transitions.entries()) {
    const paid = minimumDays[storageClass];
    if (afterDays + paid <= kept) continue;
    const found = `${storageClass} after ${afterDays} days, paid for at least ${paid} days, ends after the ${kept} days that retention keeps a backup`;
    const remedy = kept < paid ? 'leave it out' : `lower it to at most ${kept - paid}`;
    yield { path: ['bucket', 'transitions', index, 'afterDays'], message: `${found}; ${remedy} or keep backups longer` };
  }
}

const minuteOf = (instant: Date) => `${instant.toISOString().slice(0, 16)}Z`;
const rounded = (hours: number) => Math.round(hours * 100) / 100;
