import { describe, expect, it } from 'vitest';
import { resolvePhases } from '../../../lambdas/plan-restore/phases.ts';
import { datanodeInstance, HEAD, instanceOf } from '../../fixtures/backup.ts';

const SECOND = 'i-0000000000000000b';

describe('the phases in which services stop and start', () => {
  const instances = { head: [HEAD, SECOND], rondb: [instanceOf(1)], hopsfs: [] };

  it('keep their order, each on every instance of its role', () => {
    const phases = resolvePhases(
      [
        { role: 'rondb', units: ['rdrs'] },
        { role: 'head', units: ['glassfish-domain1', 'epipe'] },
        { role: 'rondb', units: ['other'] },
      ],
      instances,
    );

    expect(phases).toEqual([
      { instanceIds: [instanceOf(1)], units: 'rdrs' },
      { instanceIds: [HEAD, SECOND], units: 'glassfish-domain1+epipe' },
      { instanceIds: [instanceOf(1)], units: 'other' },
    ]);
  });

  it('pass over a role that nobody has', () => {
    expect(resolvePhases([{ role: 'hopsfs', units: ['datanode'] }], instances)).toEqual([]);
    expect(resolvePhases([{ role: 'hopsfs', units: ['datanode'] }], { ...instances, hopsfs: [datanodeInstance(1)] })).toHaveLength(1);
  });
});
