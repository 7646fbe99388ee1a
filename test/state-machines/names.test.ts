import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environments } from '../../lambdas/environments.ts';
import { type ActionName, actions } from '../../model/actions.ts';
import { assembleScript } from '../../nodes/assemble.ts';
import { actionStates, kebab, lambdaStates, tasks } from '../fixtures/states.ts';

const ROOT = new URL('../../', import.meta.url);
const exists = (path: string) => existsSync(new URL(path, ROOT));
const scripts = readdirSync(new URL('nodes/', ROOT)).filter((file) => file.endsWith('.sh'));
const read = (script: string) => readFileSync(new URL(`nodes/${script}`, ROOT), 'utf8');
/** The library, and what scripts name as their further parts. */
const parts = new Set(['lib.sh', ...scripts.flatMap((script) => /^# needs: (.+)$/m.exec(read(script))?.[1]?.split(' ') ?? [])]);
/** Those that its state passes; the time limit is added by send-command. */
const parametersOf = (action: ActionName): readonly string[] => actions[action].parameters;
const sortedNames = (states: typeof tasks) => [...new Set(states.map(({ name }) => name))].sort();

/** Lambdas that no machine invokes. */
const SCHEDULED = ['start-backup', 'start-verification', 'watch-backups'];

describe('one name across all layers', () => {
  it('covers every task: it runs an action or invokes a Lambda, or tells people', () => {
    const others = tasks.filter((task) => !actionStates.includes(task) && !lambdaStates.includes(task));

    expect(others.map(({ name, state }) => [name, state.Resource])).toEqual([['TellPeople', 'arn:aws:states:::sns:publish']]);
  });

  it.each(actionStates)('$machine/$name runs the action of its name, which has a script', ({ name, state }) => {
    expect(state.Arguments).toMatchObject({ StateMachineArn: `\${RunOnNodes}`, Input: { action: name } });
    expect(actions).toHaveProperty(name);
    expect(exists(`nodes/${kebab(name)}.sh`)).toBe(true);
  });

  it.each(actionStates)('$machine/$name passes exactly the parameters that its action declares', ({ name, state }) => {
    const passed = Object.keys(state.Arguments?.Input?.parameters ?? {});

    expect(passed.sort()).toEqual([...actions[name as ActionName].parameters].sort());
  });

  it.each(lambdaStates)('$machine/$name invokes the Lambda of its name', ({ name, state }) => {
    expect(state.Arguments?.FunctionName).toBe(`\${${name}}`);
    expect(exists(`lambdas/${kebab(name)}/handler.ts`)).toBe(true);
    expect(exists(`lambdas/${kebab(name)}/${kebab(name)}.ts`)).toBe(true);
    expect(environments).toHaveProperty(kebab(name));
  });

  it.each(Object.keys(actions) as ActionName[])('the script of %s reads exactly the parameters that its action declares', (action) => {
    const read = [...assembleScript(action).matchAll(/\$\(parameter ([A-Za-z0-9]+)\)/g)].map(([, name = '']) => name);

    expect(read.filter((name) => name !== 'timeoutSeconds' && !parametersOf(action).includes(name))).toEqual([]);
    expect(read).toEqual(expect.arrayContaining([...actions[action].parameters]));
  });
});

describe('nothing is left over', () => {
  it('no action without a state', () => {
    expect(sortedNames(actionStates)).toEqual(Object.keys(actions).sort());
  });

  it('no script without a state', () => {
    const steps = scripts.filter((script) => !parts.has(script));

    expect(steps.sort()).toEqual(sortedNames(actionStates).map((name) => `${kebab(name)}.sh`));
  });

  it('no Lambda without a state or a schedule', () => {
    const folders = readdirSync(new URL('lambdas/', ROOT), { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== 'aws',
    );
    const invoked = [...sortedNames(lambdaStates).map(kebab), ...SCHEDULED].sort();

    expect(folders.map(({ name }) => name).sort()).toEqual(invoked);
    expect(Object.keys(environments).sort()).toEqual(invoked);
  });
});
