import type { ExprNode } from 'jsonata';
import { builtinFunctions, stepFunctionsFunctions } from './functions.ts';

/** A member of `$states`. */
export type StatesMember = 'input' | 'context' | 'result' | 'errorOutput';

/** The parser's nodes; its type declaration lacks several types and properties. */
type Node = Record<string, unknown> & { readonly type: string };

/** The context object as far as the engine has it. */
const contextFields: Record<string, readonly string[]> = {
  Execution: ['Id', 'Name', 'Input', 'StartTime', 'RedriveCount', 'RedriveTime'],
  State: ['Name', 'EnteredTime', 'RetryCount'],
  StateMachine: ['Id', 'Name'],
};

/** Parts of a node that JSONata evaluates with another context item than the node itself. */
const withOwnContext = new Set(['predicate', 'stages', 'group', 'terms', 'pattern', 'update', 'delete']);

/**
 * Refuses what Step Functions refuses in an expression ($eval, `$$`, names and `$` without a context), functions
 * that do not exist, and fields of `$states` that this engine or this place does not have.
 * @throws Error that names the unsupported part
 */
export function checkExpression(ast: ExprNode, members: readonly StatesMember[]): void {
  const functions = new Set([...builtinFunctions, ...Object.keys(stepFunctionsFunctions), ...localNames(ast as unknown as Node)]);
  visit(ast as unknown as Node, true);

  function visit(node: Node, top: boolean): void {
    if (node.type === 'path') {
      const [first, ...rest] = node.steps as Node[];
      if (first?.type === 'variable' && first.value === 'states') {
        checkStates(rest, members);
        for (const child of nodesIn(first.predicate)) visit(child, false);
      } else if (first) visit(first, top);
      for (const step of rest) visit(step, false);
      for (const key of withOwnContext) for (const child of nodesIn(node[key])) visit(child, false);
      return;
    }
    if (top && ['name', 'wildcard', 'descendant', 'parent'].includes(node.type)) {
      throw new Error(`"${node.value}" has no context; use $states.input or a variable`);
    }
    if (node.type === 'variable') checkVariable(node, top);
    if (node.type === 'function' || node.type === 'partial') checkFunction(node.procedure as Node, (node.arguments as Node[]).length);
    if (node.type === 'apply') checkFunction(node.rhs as Node, 1);
    for (const [key, value] of Object.entries(node)) {
      for (const child of nodesIn(value)) visit(child, top && !withOwnContext.has(key));
    }
  }

  function checkVariable(node: Node, top: boolean): void {
    if (node.value === '$') throw new Error('"$$" is not supported');
    if (node.value === '' && top) throw new Error('"$" has no context; use $states.input or a variable');
    if (node.value === 'eval') throw new Error('$eval is not supported; use $parse');
    if (node.value === 'states') throw new Error(`name one of ${members.map((member) => `$states.${member}`).join(', ')}`);
  }

  function checkFunction(procedure: Node, parameters: number): void {
    if (procedure.type !== 'variable') return;
    if (!functions.has(String(procedure.value))) throw new Error(`function $${procedure.value} is not supported`);
    if (procedure.value === 'now' && parameters > 0) {
      throw new Error('$now with a picture is not supported; use $fromMillis($millis(), picture)');
    }
  }
}

function checkStates(steps: readonly Node[], members: readonly StatesMember[]): void {
  const [member, group, field] = steps.map((step) => (step.type === 'name' ? String(step.value) : undefined));
  if (!members.some((known) => known === member)) throw new Error(`$states.${member} is not available here`);
  if (member !== 'context') return;
  if (!contextFields[group ?? '']?.includes(field ?? '')) throw new Error(`$states.context.${group}.${field} is not supported`);
}

/** Names bound by `:=` or as parameters, by `@` or by `#` anywhere in the expression. */
function localNames(node: Node): string[] {
  const own: unknown[] = [node.focus, node.index];
  if (node.type === 'bind') own.push((node.lhs as Node).value);
  if (node.type === 'lambda') own.push(...(node.arguments as Node[]).map((parameter) => parameter.value));
  return [
    ...own.filter((name): name is string => typeof name === 'string'),
    ...Object.values(node).flatMap((value) => nodesIn(value).flatMap(localNames)),
  ];
}

/** The nodes in a property's value: a node, a list of nodes, a list of pairs of nodes, or a group that holds them. */
function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return [];
  return 'type' in value ? [value as Node] : Object.values(value).flatMap(nodesIn);
}
