import type { Interference } from '../../local/pipeline.ts';
import { kebab, tasks } from '../fixtures/states.ts';

/** A state fails before anything was done for it, or after it was done and before anybody knew. */
type Boundary = `${string} ${'before it began' | 'after it was done'}`;

/** Both boundaries of all states of a machine whose failure ends it: one that is caught is not repeated. */
export function boundariesOf(machine: 'backup' | 'restore'): Boundary[] {
  return tasks
    .filter((task) => task.machine === machine && !task.state.Catch)
    .flatMap(({ name }): Boundary[] => [`${name} before it began`, `${name} after it was done`]);
}

/** Lets states fail with the error `Injected`, once at each boundary that is injected. */
export function faults() {
  const boundaries = new Set<Boundary>();
  const answers = new Map<string, unknown[]>();
  const stateOf = new Map(tasks.map(({ name }) => [kebab(name), name]));

  function pass(boundary: Boundary): void {
    if (boundaries.delete(boundary)) throw Object.assign(new Error(boundary), { name: 'Injected' });
  }

  const interfere: Interference = async (functionName, payload, call) => {
    const { action, done } = payload as { action?: string; done?: boolean };
    // Clean-up, which follows every failure, releases the lease as well.
    if (done === false) return await call();
    // What is done on nodes begins with one function, and has ended when another one says so.
    const name = action ?? stateOf.get(functionName) ?? functionName;
    if (functionName !== 'read-command') pass(`${name} before it began`);
    const answer = await call();
    if (functionName === 'send-command' || (answer as { done?: boolean } | null)?.done === false) return answer;
    answers.set(name, [...(answers.get(name) ?? []), answer]);
    pass(`${name} after it was done`);
    return answer;
  };

  return {
    interfere,
    /** What a state has answered so far, the lost answers too. */
    answersOf: <Answer>(name: string) => (answers.get(name) ?? []) as Answer[],
    inject(others: readonly Boundary[]): void {
      boundaries.clear();
      for (const boundary of others) boundaries.add(boundary);
    },
    /** The states at which something injected has not happened yet. */
    outstanding: () => [...new Set([...boundaries].map((boundary) => boundary.split(' ')[0]))],
  };
}
