import { readFileSync } from 'node:fs';
import { type ActionName, scriptName } from '../model/actions.ts';

const NEEDS = /^# needs: (.+)$/m;

/** The text that runs on a node for an action: the library, the further parts that its script names, and the script. */
export function assembleScript(action: ActionName): string {
  const script = read(`${scriptName(action)}.sh`);
  const parts = ['lib.sh', ...(NEEDS.exec(script)?.[1]?.split(' ') ?? [])].map(read);
  return ['#!/usr/bin/env bash\n', ...[...parts, script].map((text) => text.replace(/^#!.*\n/, ''))].join('');
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}
