import { describe, expect, it, vi } from 'vitest';
import { publisher } from '../../lambdas/metrics.ts';
import { CLUSTER } from '../fixtures/backup.ts';

/** What is printed on stdout meanwhile, one JSON value a line. */
function printed(act: () => void): unknown[] {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    act();
    return write.mock.calls.flatMap(([text]) => String(text).trimEnd().split('\n')).map((line) => JSON.parse(line));
  } finally {
    write.mockRestore();
  }
}

const emf = (dimensions: string[], metrics: object[]) => ({
  Timestamp: expect.any(Number),
  CloudWatchMetrics: [{ Namespace: 'HopsworksDR', Dimensions: [dimensions], Metrics: metrics }],
});

describe('publishing metrics', () => {
  it('prints one line in the embedded metric format, of the cluster alone, at the normal resolution', () => {
    const lines = printed(() => publisher(CLUSTER)({ Backups: ['Count', 3], RecoveryPointAgeSeconds: ['Seconds', 7200.5] }));

    const metrics = [
      { Name: 'Backups', Unit: 'Count' },
      { Name: 'RecoveryPointAgeSeconds', Unit: 'Seconds' },
    ];
    expect(lines).toEqual([{ _aws: emf(['Cluster'], metrics), Cluster: CLUSTER, Backups: 3, RecoveryPointAgeSeconds: 7200.5 }]);
  });

  it('adds further dimensions to the cluster', () => {
    const lines = printed(() => publisher(CLUSTER)({ NodeBytes: ['Bytes', 4711] }, { Node: '2' }));

    const metrics = [{ Name: 'NodeBytes', Unit: 'Bytes' }];
    expect(lines).toEqual([{ _aws: emf(['Cluster', 'Node'], metrics), Cluster: CLUSTER, Node: '2', NodeBytes: 4711 }]);
  });

  it('keeps nothing for the next time: a warm Lambda repeats no value and no dimension', () => {
    const publish = publisher(CLUSTER);
    printed(() => publish({ Backups: ['Count', 3] }, { Node: '2' }));

    const lines = printed(() => publish({ Debris: ['Count', 0] }));

    expect(lines).toEqual([{ _aws: emf(['Cluster'], [{ Name: 'Debris', Unit: 'Count' }]), Cluster: CLUSTER, Debris: 0 }]);
  });
});
