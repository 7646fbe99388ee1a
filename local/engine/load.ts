import type { z } from 'zod';
import { branchSchema, type Definition, machineSchema, type ParsedState, type State, type StateGroup, stateSchema } from './definition.ts';
import { checkState } from './state-check.ts';

/** A state machine as the engine is given it: `definition` is parsed ASL. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: unknown;
}

/**
 * Checks a definition down to its last field and expression.
 * @param arns the machines that its tasks may start
 * @throws Error that names machine, state and field of the first thing that is malformed or unsupported
 */
export function loadDefinition(machine: StateMachine, arns: ReadonlySet<string>): Definition {
  const place = `state machine "${machine.name}"`;
  const names = new Set<string>();
  const top = parse(machineSchema, machine.definition, place);
  return { ...loadGroup(top, new Set(['states'])), TimeoutSeconds: top.TimeoutSeconds };

  function loadGroup(group: z.infer<typeof branchSchema>, outerVariables: ReadonlySet<string>, at = place): StateGroup {
    const parsed = Object.entries(group.States).map(([name, raw]) => [name, parseState(name, raw)] as const);
    const variables = new Set([...outerVariables, ...parsed.flatMap(([, state]) => assignedNames(state))]);
    const states: Record<string, State> = {};
    for (const [name, state] of parsed) {
      if (names.has(name)) throw refused(name, 'the name is used twice');
      names.add(name);
      const taken = assignedNames(state).find((variable) => outerVariables.has(variable));
      if (taken !== undefined) throw refused(name, `field "Assign/${taken}": the name belongs to an outer scope`);
      states[name] = state.Type === 'Parallel' ? { ...state, Branches: loadBranches(name, state.Branches, variables) } : state;
    }
    checkTransitions(group.StartAt, states, at);
    return { StartAt: group.StartAt, States: states };
  }

  function loadBranches(name: string, branches: readonly unknown[], variables: ReadonlySet<string>): StateGroup[] {
    return branches.map((raw, index) => {
      const at = `${place}, state "${name}", branch ${index}`;
      return loadGroup(parse(branchSchema, raw, at), variables, at);
    });
  }

  function parseState(name: string, raw: unknown): ParsedState {
    const state = parse(stateSchema, raw, `${place}, state "${name}"`);
    try {
      checkState(state, arns);
    } catch (error) {
      throw refused(name, (error as Error).message);
    }
    return state;
  }

  function checkTransitions(start: string, states: Readonly<Record<string, State>>, at: string): void {
    const reached = new Set<string>();
    follow(`${at}, field "StartAt"`, start);
    for (const name of Object.keys(states)) if (!reached.has(name)) throw refused(name, 'no transition leads to it');

    function follow(from: string, to: string): void {
      const state = states[to];
      if (!state) throw new Error(`${from}: there is no state "${to}" at this level`);
      if (reached.has(to)) return;
      reached.add(to);
      for (const [field, next] of successors(state)) follow(`${place}, state "${to}", field "${field}"`, next);
    }
  }

  function refused(state: string, what: string): Error {
    return new Error(`${place}, state "${state}", ${what}`);
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, raw: unknown, place: string): z.infer<Schema> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.length ? `${place}, field "${issue.path.join('/')}"` : place;
  if (issue?.code === 'unrecognized_keys') throw new Error(`${field}: not supported: ${issue.keys.join(', ')}`);
  if (issue?.code === 'invalid_union' && issue.discriminator !== undefined) {
    throw new Error(`${field}: not supported: ${JSON.stringify((raw as Record<string, unknown> | null)?.[issue.discriminator])}`);
  }
  throw new Error(`${field}: ${issue?.message}`);
}

function assignedNames(state: ParsedState): string[] {
  const rules = [state, ...('Catch' in state ? state.Catch : []), ...('Choices' in state ? state.Choices : [])];
  return rules.flatMap((rule) => ('Assign' in rule ? Object.keys(rule.Assign ?? {}) : []));
}

function successors(state: State): [field: string, next: string][] {
  const found: [field: string, next: string | undefined][] = [
    ['Next', 'Next' in state ? state.Next : undefined],
    ['Default', 'Default' in state ? state.Default : undefined],
  ];
  for (const field of ['Catch', 'Choices'] as const) {
    const rules: readonly { Next: string }[] = field in state ? (state as unknown as Record<typeof field, { Next: string }[]>)[field] : [];
    for (const [index, { Next }] of rules.entries()) found.push([`${field}[${index}]/Next`, Next]);
  }
  return found.filter((entry): entry is [string, string] => entry[1] !== undefined);
}
