import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ActionName, actions } from '../../model/actions.ts';
import { catalogue } from '../../model/errors.ts';
import { lookingActions } from '../../model/looking-actions.ts';
import { backupPlanSchema, impossibleRestoreSchema, restorePlanSchema } from '../../model/plan.ts';
import { restoreRequestSchema } from '../../model/request.ts';
import { verificationPlanSchema } from '../../model/verification.ts';
import { machineNames, readDefinition } from '../../state-machines/definitions.ts';
import { actionStates, allStates, type Group, groupOf, type State, tasks, textsIn } from '../fixtures/states.ts';

/** asl-validator comes without type declarations. */
const { default: validate } = (await import('asl-validator' as string)) as {
  default: (definition: unknown, options: object) => { isValid: boolean; errorsText: () => string };
};

/** After so long read-command gives up a command that no agent has taken up. */
const DELIVERY_SECONDS = 900;

function nextOf({ Next, Default, Choices = [], Catch = [] }: State): string[] {
  return [Next, Default, ...Choices.map((rule) => rule.Next), ...Catch.map((rule) => rule.Next)].filter((next) => next !== undefined);
}

function reachable(states: Group['States'], ...from: string[]): Set<string> {
  const seen = new Set<string>();
  for (const queue = [...from]; queue.length > 0; ) {
    const name = queue.pop() as string;
    if (seen.has(name)) continue;
    seen.add(name);
    queue.push(...nextOf(states[name] as State));
  }
  return seen;
}

const groups = machineNames.flatMap((machine) => {
  const within = (group: Group): Group[] => [
    group,
    ...Object.values(group.States).flatMap(({ Branches = [] }) => Branches.flatMap(within)),
  ];
  return within(groupOf(machine)).map((group) => ({ machine, start: group.StartAt, group }));
});

describe.each(machineNames)('the state machine %s', (machine) => {
  it('is valid Amazon States Language, in JSONata', () => {
    const definition = readDefinition(machine);

    const { isValid, errorsText } = validate(definition, { checkPaths: true, checkArn: true });

    expect(isValid ? '' : errorsText()).toBe('');
    expect(definition).toMatchObject({ QueryLanguage: 'JSONata', Comment: expect.any(String) });
  });

  it('has placeholders inside strings only', () => {
    const text = readFileSync(new URL(`../../state-machines/${machine}.asl.json`, import.meta.url), 'utf8');
    const count = (content: string) => content.match(/\$\{/g)?.length ?? 0;

    expect(count(text)).toBeGreaterThan(0);
    expect(count(textsIn(readDefinition(machine)).join('\n'))).toBe(count(text));
  });
});

describe.each(groups)('the states of $machine from $start on', ({ group: { StartAt, States } }) => {
  it('lead only to states that exist', () => {
    expect(Object.keys(States)).toEqual(expect.arrayContaining([StartAt, ...Object.values(States).flatMap(nextOf)]));
  });

  it('are all reachable from the start', () => {
    expect([...reachable(States, StartAt)].sort()).toEqual(Object.keys(States).sort());
  });

  it('all reach an end', () => {
    const isEnd = (name: string) => States[name]?.End === true || ['Succeed', 'Fail'].includes(States[name]?.Type ?? '');
    const stuck = Object.keys(States).filter((name) => ![...reachable(States, name)].some(isEnd));

    expect(stuck).toEqual([]);
  });

  it('are few enough to be read as a procedure', () => {
    expect(Object.keys(States).length).toBeLessThanOrEqual(14);
  });
});

describe('time limits', () => {
  /** Of a step that takes as long as the plan lets it: what its state waits longer than the plan's seconds. */
  const marginOf = ({ TimeoutSeconds }: State) => Number(/^\{% \$plan\.stepSeconds \+ ([0-9]+) %\}$/.exec(String(TimeoutSeconds))?.[1]);
  const isPlanned = ({ Arguments }: State) => Arguments?.Input?.timeoutSeconds !== undefined;

  it('are set on every task', () => {
    const unlimited = tasks.filter(({ state }) => !Number.isInteger(isPlanned(state) ? marginOf(state) : state.TimeoutSeconds));

    expect(tasks.length).toBeGreaterThan(15);
    expect(unlimited.map(({ name }) => name)).toEqual([]);
  });

  it('of a state that waits are longer than delivery and execution of its command together, for every action', () => {
    const waits = ({ name, state }: (typeof actionStates)[number]) =>
      isPlanned(state) ? marginOf(state) : (state.TimeoutSeconds as number) - actions[name as ActionName].timeoutSeconds;
    const tooShort = actionStates.filter((each) => waits(each) <= DELIVERY_SECONDS);

    expect(tooShort.map(({ machine, name }) => `${machine}/${name}`)).toEqual([]);
    expect(new Set(actionStates.map(({ name }) => name))).toEqual(new Set(Object.keys(actions)));
  });

  it("are the plan's for every step that reads or writes all the data", () => {
    const planned = actionStates.filter(({ state }) => isPlanned(state));

    expect(planned.map(({ state }) => state.Arguments?.Input?.timeoutSeconds)).toEqual(planned.map(() => '{% $plan.stepSeconds %}'));
    expect(planned.map(({ name }) => name)).toEqual([
      'StartRondbBackup',
      'FollowRondbBackup',
      'UploadRondbBackup',
      'UploadBlocks',
      'DownloadRondbBackup',
      'RestoreRondbSchema',
      'RestoreRondbData',
      'RebuildRondbIndexes',
      'RestoreBlocks',
      'VerifyRondbBackup',
      'VerifyBlocks',
    ]);
  });
});

describe('error names', () => {
  const NAME = /'([A-Z][A-Za-z]+(?:\.[A-Za-z]+)?)'/g;
  const isKnown = (name: string) => Object.hasOwn(catalogue, name) || /^(States|Lambda|Sandbox|Runtime)\.[A-Z]/.test(name);
  const named = allStates.flatMap(({ state }) => [
    ...[...(state.Catch ?? []), ...(state.Retry ?? [])].flatMap(({ ErrorEquals }) => ErrorEquals),
    ...(state.Error?.startsWith('{%') === false ? [state.Error] : []),
    ...textsIn([state.Choices, state.Catch, state.Error]).flatMap((text) => [...text.matchAll(NAME)].map(([, name = '']) => name)),
  ]);

  it('that the machines match on or fail with are all in the catalogue', () => {
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(['States.ALL', 'Lambda.ServiceException']));
  });

  const retriesOf = (state: State) => state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];

  it('of passing trouble with Lambda are retried wherever a Lambda is invoked, and nothing else but clean-up is waited for', () => {
    const procedures = tasks.filter(({ machine, name }) => machine !== 'clean-up' && name !== 'ReadCommand');
    const retries = procedures.map(({ state }) => retriesOf(state));

    // Not for the lease of an execution that runs: that would be to queue.
    expect(new Set(retries.flat().filter((name) => !name.startsWith('Lambda.')))).toEqual(new Set(['CleanUpUnderWay']));
    expect(procedures.every(({ state }, index) => state.Resource?.includes('lambda') === (retries[index] ?? []).length > 0)).toBe(true);
  });

  it('of whatever ends the function that waits for nodes are retried, and not those that it throws: they are about nodes', () => {
    const [reading] = tasks.filter(({ name }) => name === 'ReadCommand');
    const retried = retriesOf(reading?.state as State);

    expect(retried).toEqual(expect.arrayContaining(['Lambda.Unknown', 'Sandbox.Timedout', 'Runtime.ExitError', 'States.Timeout']));
    expect(retried.filter((name) => Object.hasOwn(catalogue, name) || ['States.ALL', 'States.TaskFailed'].includes(name))).toEqual([]);
  });

  it('are all retried until people are told of a failure, and the next execution may begin', () => {
    const told = tasks.filter(({ machine, state }) => machine === 'clean-up' && !state.Resource?.includes('startExecution'));

    expect(told.map(({ name, state }) => [name, retriesOf(state)])).toEqual(
      ['CancelCommands', 'DescribeFailure', 'TellPeople', 'ReleaseLease'].map((name) => [name, ['States.ALL']]),
    );
  });

  it('are caught nowhere, because a caught failure could not be redriven; but where it costs nothing but time', () => {
    expect(allStates.filter(({ state }) => state.Catch !== undefined).map(({ name }) => name)).toEqual(['FollowRondbBackup']);
  });
});

describe('an execution that was redriven', () => {
  // Verifications only look, whatever they run.
  const changing = actionStates.filter(({ machine, name }) => !['clean-up', 'verify'].includes(machine) && !lookingActions.has(name));

  it('takes the lease again before any action that changes something', () => {
    const told = changing.filter(({ state }) => state.Arguments?.Input?.redrives === '{% $states.context.Execution.RedriveCount %}');

    expect(told.length).toBeGreaterThan(20);
    expect(told).toEqual(changing);
  });

  it('takes none to look around, which a restore does that only plans', () => {
    const others = actionStates.filter((each) => !changing.includes(each));

    expect(others.map(({ state }) => state.Arguments?.Input?.redrives).filter(Boolean)).toEqual([]);
  });
});

describe('a restore', () => {
  const { Comment, States } = readDefinition('restore') as Group & { Comment: string };

  it('explains every field of its input where it is started', () => {
    const fields = Object.keys(restoreRequestSchema.shape);

    expect(fields.length).toBeGreaterThan(3);
    for (const field of fields) expect(Comment).toContain(`"${field}"`);
  });

  it('that is not confirmed answers what every plan has, possible or not', () => {
    const read = textsIn(States.ReportPlan).flatMap((text) => [...text.matchAll(/\$plan\.([A-Za-z0-9]+)/g)].map(([, field = '']) => field));

    expect(Object.keys((States.ReportPlan as State & { Output: object }).Output)).toEqual(
      expect.arrayContaining(['plan', 'markdown', 'possible', 'obstacles']),
    );
    expect(Object.keys(impossibleRestoreSchema.shape)).toEqual(expect.arrayContaining([...read, 'confirmed']));
  });
});

describe.each([
  ['backup', backupPlanSchema],
  ['restore', restorePlanSchema],
  ['verify', verificationPlanSchema],
] as const)('the plan that %s carries', (machine, schema) => {
  it('has every field that the states read of it', () => {
    const fields = textsIn(readDefinition(machine)).flatMap((text) =>
      [...text.matchAll(/\$plan\.([A-Za-z0-9]+)/g)].map(([, field = '']) => field),
    );

    expect(fields.length).toBeGreaterThan(10);
    expect(Object.keys(schema.shape)).toEqual(expect.arrayContaining(fields));
  });
});
