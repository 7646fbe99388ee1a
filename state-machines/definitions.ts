import { readFileSync } from 'node:fs';

export const machineNames = ['backup', 'restore', 'verify', 'sweep', 'clean-up', 'run-on-nodes'] as const;
export type MachineName = (typeof machineNames)[number];

/** A machine's Amazon States Language definition, with its placeholders (`${PlanBackup}`) as they stand in the file. */
export function readDefinition(name: MachineName): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.asl.json`, import.meta.url), 'utf8'));
}
