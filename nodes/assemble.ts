import { readFileSync } from 'node:fs';
import { type ActionName, documentParameters, scriptName } from '../model/actions.ts';

const NEEDS = /^# needs: (.+)$/m;
const SHEBANG = '#!/usr/bin/env bash\n';

/** The text that runs on a node for an action: the library, the further parts that its script names, and the script. */
export function assembleScript(action: ActionName): string {
  const script = read(`${scriptName(action)}.sh`);
  const parts = ['lib.sh', ...(NEEDS.exec(script)?.[1]?.split(' ') ?? [])].map(read);
  return [SHEBANG, ...[...parts, script].map((text) => text.replace(/^#!.*\n/, ''))].join('');
}

/**
 * What the SSM document of an action carries: the assembled script after a fallback for each parameter. An SSM agent before 3.3.2746
 * sets no `SSM_<name>` and replaces `{{name}}` by the value; one that sets it never uses what stands between the quotes.
 */
export function documentScript(action: ActionName): string {
  const fallbacks = documentParameters(action).map((name) => `if [ -z "\${SSM_${name}+x}" ]; then export SSM_${name}="{{${name}}}"; fi\n`);
  return [SHEBANG, ...fallbacks, assembleScript(action).slice(SHEBANG.length)].join('');
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}
