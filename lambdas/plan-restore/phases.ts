import type { RestorePlan } from '../../model/plan.ts';
import type { Services } from '../../model/units.ts';

/** The instances of each role. */
export type Instances = Readonly<Record<Services['stop'][number]['role'], readonly string[]>>;

/** The phases with the instances that they are for; a role that nobody has is passed over. */
export function resolvePhases(phases: Services['stop'], instances: Instances): RestorePlan['stops'] {
  return phases
    .map(({ role, units }) => ({ instanceIds: [...instances[role]], units: units.join('+') }))
    .filter(({ instanceIds }) => instanceIds.length > 0);
}
