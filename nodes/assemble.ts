import { readFileSync } from 'node:fs';
import { type ActionName, documentParameters, parameters, scriptName } from '../model/actions.ts';
import { catalogue } from '../model/errors.ts';

const NEEDS = /^# needs: (.+)$/m;
/** A line that is nothing but a comment: reasons are for readers here, and all scripts together must fit into one template. */
const COMMENT = /^[ \t]*#(?: .*)?\n/gm;
const SHEBANG = '#!/usr/bin/env bash\n';

/** The text that runs on a node for an action: what the model says, the library, the further parts that its script names, and the script. */
export function assembleScript(action: ActionName): string {
  const script = read(`${scriptName(action)}.sh`);
  const parts = ['lib.sh', ...(NEEDS.exec(script)?.[1]?.split(' ') ?? [])].map(partOf);
  const texts = [...parts, script].map((text) => text.replace(/^#!.*\n/, '').replace(COMMENT, ''));
  return [SHEBANG, ...tablesFor(action), ...texts].join('');
}

/** A further part: a library of the shell as it stands; of Python, a function that prints it. */
function partOf(file: string): string {
  const [, name] = /^(.+)\.py$/.exec(file) ?? [];
  return name ? `${name}_py() {\n  cat <<'PYTHON'\n${read(file)}PYTHON\n}\n` : read(file);
}

/** The patterns of an action's parameters, and the exit codes of the catalogue, as functions of the shell. */
function tablesFor(action: ActionName): string[] {
  const codes = Object.entries(catalogue).flatMap(([name, entry]) => ('exitCode' in entry ? [[name, entry.exitCode] as const] : []));
  return [
    table(
      'pattern_of',
      documentParameters(action).map((name) => [name, parameters[name].pattern]),
    ),
    table('exit_code', codes),
  ];
}

/** No text of the model holds a single quote; a name that is not there prints nothing. */
function table(name: string, entries: readonly (readonly [string, string | number])[]): string {
  const cases = entries.map(([key, value]) => `    ${key}) printf '%s' '${value}' ;;\n`);
  return `${name}() {\n  case $1 in\n${cases.join('')}  esac\n}\n`;
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
