import { installSystemctl, type Refusal, readUnits, refuse } from '../../local/hopsworks/systemctl.ts';
import { givenNode, type Parameters } from './given.ts';

/** An imitated node with systemd units, all of them running. */
export async function givenUnits(...units: string[]) {
  const node = givenNode();
  const place = { directory: node.path() };
  await installSystemctl(place, units);
  // Nothing here needs time to start or to stop.
  node.stub('sleep', 'true');
  const environment = { PATH: `${node.path('bin')}:${node.path('path')}:/usr/bin:/bin` };
  return {
    ...node,
    run: (script: string, given?: Parameters) => node.run(script, given, environment),
    start: (script: string, given?: Parameters) => node.start(script, given, environment),
    refuse: (unit: string, verb: Refusal) => refuse(place, unit, verb),
    units: () => readUnits(place),
    /** What was asked of systemd, in order: `stop epipe`. */
    verbs: () =>
      node
        .read('systemd/journal')
        .trim()
        .split('\n')
        .map((line) => line.replace(/^\S+ /, '')),
  };
}
