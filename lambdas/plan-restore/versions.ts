import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { DataNode, RestorePlan } from '../../model/plan.ts';
import { isOlder } from '../../model/version.ts';
import type { Inspection } from '../inspection.ts';
import type { Notes } from './notes.ts';

type Versions = RestorePlan['versions'];

/** What the backup was taken of, and what it is restored into. */
export function versionsOf(manifest: Manifest | undefined, { dataNodes, sqlVersion, versions }: Inspection): Versions {
  const unknown = { hopsworks: null, definitionSha256: null, passwordFingerprint: null };
  const { mysql: _, ...recorded } = manifest?.versions ?? { mysql: '', ...unknown };
  const { mysql: __, ...found } = versions ?? { mysql: '', ...unknown };
  return {
    backup: manifest ? { rondb: rondbOf(manifest.plan.dataNodes), mysql: manifest.plan.sqlVersion, ...recorded } : null,
    target: { rondb: rondbOf(dataNodes), mysql: sqlVersion, ...found },
  };
}

/**
 * Says what differs, and what that means. RonDB restores a backup of its own or an older version only: refuses the others as
 * `VersionTooOld`.
 */
export function compareVersions(manifest: Manifest, target: Inspection, { refuse, warn }: Notes): void {
  const newest = manifest.plan.dataNodes.reduce((a, b) => (isOlder(a.version, b.version) ? b : a)).version;
  const older = target.dataNodes.filter(({ version }) => isOlder(version, newest));
  if (older.length > 0) {
    const sentences = older.map(({ nodeId, version }) => `RonDB data node ${nodeId} runs ${version}`);
    refuse(new DrError('VersionTooOld', `${sentences.join(', ')}; the backup was taken with ${newest}.`));
  }
  const { backup, target: found } = versionsOf(manifest, target);
  if (!backup) return;
  const compare = (what: string, before: string | null, now: string | null, meaning: string) => {
    if (before === null || before === '' || before === now || now === '') return;
    warn(now === null ? `${what} cannot be told on the target: ${meaning}` : `${what} differs from the backup's: ${meaning}`);
  };
  if (older.length === 0 && target.dataNodes.length > 0) {
    const [before, now] = [backup.rondb.join(', '), found.rondb.join(', ')];
    compare('RonDB', before, now, `${now} restores a backup of ${before}; Hopsworks supports the very same version only.`);
  }
  compare('The MySQL server', backup.mysql, found.mysql, `${found.mysql} takes users and SQL objects of ${backup.mysql}.`);
  compare(
    'Hopsworks',
    backup.hopsworks,
    found.hopsworks,
    `it expects the tables of its own version; the backup is of ${backup.hopsworks}.`,
  );
  compare(
    'The cluster definition',
    backup.definitionSha256,
    found.definitionSha256,
    'users, passwords or settings of services may differ.',
  );
  compare(
    'The encryption master password',
    backup.passwordFingerprint,
    found.passwordFingerprint,
    'with another one, Hopsworks cannot read the secrets in the restored RonDB. Put the old file in its place first.',
  );
}

function rondbOf(dataNodes: readonly DataNode[]): string[] {
  return [...new Set(dataNodes.map(({ version }) => version))].sort();
}
