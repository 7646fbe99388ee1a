import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ActionName, actions, documentParameters, type ParameterName, parameters } from '../../model/actions.ts';
import { assembleScript, documentScript } from '../../nodes/assemble.ts';
import { parameters as accepted, exitCodeOf } from '../nodes/given.ts';
import { hostileText, isEnvironment, payloads } from './payloads.ts';

const actionNames = Object.keys(actions) as ActionName[];
const parameterNames = Object.keys(parameters) as ParameterName[];
/** An action that has the parameter. */
const actionWith = (name: ParameterName) => actionNames.find((action) => documentParameters(action).includes(name)) as ActionName;

/** An empty directory to run in: whatever appears there was made by a payload, or by a script that did not stop. */
function givenPlace() {
  const place = mkdtempSync(join(tmpdir(), 'hopsdr-hostile-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  return place;
}

/** What comes before the script itself: its tables, and the library with the check. */
const frame = (action: ActionName) => assembleScript(action).split('\nlock() {')[0] ?? '';

describe('a parameter', () => {
  it.each(parameterNames)('%s is let through by the script exactly when its pattern says so, in no time, and runs nothing', (name) => {
    const place = givenPlace();
    const valid = fc.sample(fc.stringMatching(new RegExp(parameters[name].pattern), { maxLength: 200 }), 12);
    const around = fc.sample(fc.tuple(fc.constantFrom(...valid), hostileText, fc.nat()), 25).map(([text, payload, at]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + payload + text.slice(cut);
    });
    const tried = [...valid, ...payloads, ...around].filter((text) => isEnvironment(text) && text.length < 100_000);
    // A forked check for each, in one process: its verdict a line.
    const check = `while IFS= read -r -d '' value; do
  export SSM_${name}="$value"
  (fail() { exit 10; }; found=$(parameter ${name}) || exit; [[ $found == "$value" ]] || exit 11) && verdict=0 || verdict=$?
  echo "$verdict" >&3
done`;

    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${frame(actionWith(name))}\nset +e\ntrap - ERR\n${check}`], {
      cwd: place,
      env: { PATH: '/usr/bin:/bin' },
      input: `${tried.join('\0')}\0`,
      encoding: 'utf8',
      timeout: 30_000,
      maxBuffer: 2 ** 26,
    });

    const pattern = new RegExp(parameters[name].pattern);
    const verdicts = stdout.trimEnd().split('\n');
    expect({ stderr, count: verdicts.length }).toEqual({ stderr: '', count: tried.length });
    expect(tried.filter((text, index) => verdicts[index] !== (pattern.test(text) ? '0' : '10'))).toEqual([]);
    expect(readdirSync(place)).toEqual([]);
    expect(payloads.filter((text) => pattern.test(text) && !harmless(name, text))).toEqual([]);
  });

  it.each(actionNames)(
    'ends %s before anything is touched, whichever of its parameters is hostile, and the sentence names it',
    (action) => {
      const place = givenPlace();
      mkdirSync(join(place, 'path'));
      const names = documentParameters(action).filter((name) => assembleScript(action).includes(`$(parameter ${name})`));
      for (const program of ['aws', 'hdfs', 'systemctl', 'mkdir', 'flock', 'rm', 'curl'])
        writeFileSync(join(place, 'path', program), `#!/bin/bash\necho "${program} $*" >>'${place}/called'\n`, { mode: 0o755 });
      writeFileSync(join(place, 'script'), assembleScript(action));
      const cases = names.flatMap((name) => ["'; $(touch owned)\n", '-rf'].map((value) => ({ name, value })));
      const environment = Object.entries({ ...accepted, HOPS_ROOT: join(place, 'root'), HOPS_DATA_ROOT: join(place, 'root') });
      const exported = environment.map(([name, value]) => `export ${/^HOPS/.test(name) ? '' : 'SSM_'}${name}=${quote(value)}\n`).join('');
      const runs = cases.map(({ name, value }) => `SSM_${name}=${quote(value)} bash script; echo "ended $?"\n`).join('');

      const { stdout } = spawnSync('bash', ['--norc', '-c', `${exported}${runs}`], {
        cwd: place,
        env: { PATH: `${place}/path:/usr/bin:/bin`, AWS_SSM_INSTANCE_ID: 'i-0000000000000b001' },
        encoding: 'utf8',
      });

      const sentence = ({ name }: { name: ParameterName }) =>
        `i-0000000000000b001: parameter ${name} is missing or does not match ${parameters[name].pattern}.\nended ${exitCodeOf('ParameterInvalid')}\n`;
      expect(stdout).toBe(cases.map(sentence).join(''));
      expect(readdirSync(place).sort()).toEqual(['path', 'script']);
    },
  );

  it('reaches an old agent between double quotes, and there runs nothing', () => {
    const place = givenPlace();
    for (const action of actionNames) {
      const text = documentScript(action);
      const fallbacks = documentParameters(action).map((name) => text.split('\n').find((line) => line.includes(`{{${name}}}`)) ?? '');

      expect(fallbacks.filter((line) => !/^if \[ -z "\$\{SSM_\w+\+x\}" \]; then export SSM_(\w+)="\{\{\1\}\}"; fi$/.test(line))).toEqual(
        [],
      );
    }
    // What its pattern lets through, as the agent writes it there.
    const lines = parameterNames.flatMap((name) =>
      fc.sample(fc.stringMatching(new RegExp(parameters[name].pattern), { maxLength: 200 }), 20).map((value) => ({ name, value })),
    );
    const { stdout } = spawnSync('bash', ['--norc'], {
      cwd: place,
      input: lines.map(({ name, value }) => `SSM_${name}="${value}"; printf '%s\\n' "$SSM_${name}"\n`).join(''),
      encoding: 'utf8',
    });

    expect(stdout).toBe(lines.map(({ value }) => `${value}\n`).join(''));
    expect(existsSync(join(place, 'owned'))).toBe(false);
  });
});

/** Payloads that are of the form of a parameter all the same: names and paths like any other. One that is not here takes none. */
const TAKEN: Partial<Record<ParameterName, RegExp>> = {
  connectString: /^[A-Za-z0-9.-]+$/,
  // The form of a prefix; whose it is, the policy of the nodes decides.
  prefix: /^other\/backups\/263261030$/,
  metadataPrefix: /^other\/backups\/263261030$/,
  definition: /^\/etc\/passwd$|^s3:/,
  passwordFile: /^\/etc\/passwd$/,
  credentialsFile: /^\/etc\/passwd$/,
  dataDirectories: /^\/etc\/passwd$/,
  units: /^[A-Za-z0-9@_.-]+$/,
  searchIndex: /^[a-z0-9][a-z0-9_.-]*$/,
  bucket: /^[a-z0-9.-]+$/,
};
const harmless = (name: ParameterName, text: string) => TAKEN[name]?.test(text) ?? false;

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
