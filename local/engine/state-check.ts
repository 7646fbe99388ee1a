import type { ParsedState } from './definition.ts';
import type { StatesMember } from './expression-check.ts';
import { checkTemplate } from './expressions.ts';

type Template = [field: string, value: unknown, ...more: StatesMember[]];

/**
 * Checks every expression of a state, and that the machine it starts exists.
 * @param arns the machines that tasks may start
 * @throws Error that names the field
 */
export function checkState(state: ParsedState, arns: ReadonlySet<string>): void {
  for (const [field, value, ...more] of templatesOf(state)) checkTemplate(value, field, ['input', 'context', ...more]);
  if (state.Type !== 'Task' || !('StateMachineArn' in state.Arguments)) return;
  const target = state.Arguments.StateMachineArn;
  if (!target.startsWith('{%') && !arns.has(target)) {
    throw new Error(`field "Arguments/StateMachineArn": no state machine has the arn ${target}`);
  }
}

/** All fields of a state that may hold expressions, and what of `$states` each may read beside input and context. */
function templatesOf(state: ParsedState): Template[] {
  switch (state.Type) {
    case 'Task':
    case 'Parallel':
      return [
        ['Arguments', state.Arguments],
        ['TimeoutSeconds', 'TimeoutSeconds' in state ? state.TimeoutSeconds : undefined],
        ...resultsOf('', state, 'result'),
        ...state.Catch.flatMap((catcher, index) => resultsOf(`Catch[${index}]/`, catcher, 'errorOutput')),
      ];
    case 'Wait':
      return [['Seconds', state.Seconds], ['Timestamp', state.Timestamp], ...resultsOf('', state)];
    case 'Choice':
      return [
        ...resultsOf('', state),
        ...state.Choices.flatMap((rule, index): Template[] => [
          [`Choices[${index}]/Condition`, rule.Condition],
          ...resultsOf(`Choices[${index}]/`, rule),
        ]),
      ];
    case 'Pass':
      return resultsOf('', state);
    case 'Succeed':
      return [['Output', state.Output]];
    case 'Fail':
      return [
        ['Error', state.Error],
        ['Cause', state.Cause],
      ];
  }
}

function resultsOf(at: string, from: { Output?: unknown; Assign?: unknown }, ...more: StatesMember[]): Template[] {
  return [
    [`${at}Output`, from.Output, ...more],
    [`${at}Assign`, from.Assign, ...more],
  ];
}
