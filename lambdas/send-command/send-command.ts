import * as z from 'zod';
import { type ActionName, actions, parameters, scriptName } from '../../model/actions.ts';
import { DrError } from '../../model/errors.ts';
import { type RoleTags, roles } from '../../model/names.ts';
import { parseOr } from '../../model/parse.ts';
import { instanceIdSchema } from '../../model/receipt.ts';
import type { Command, ManagedInstance, RunCommand } from '../aws/ssm.ts';
import { commentOf, type ExecutionId, executionArnSchema } from '../execution.ts';

const inputSchema = z.strictObject({
  action: z.enum(Object.keys(actions) as [ActionName, ...ActionName[]]),
  /** Either roles of the cluster, resolved by tags now, or the very instances of a plan. */
  targets: z.union([
    z.strictObject({ roles: z.array(z.enum(roles)).min(1) }),
    z.strictObject({ instanceIds: z.array(instanceIdSchema).min(1) }),
  ]),
  parameters: z.record(z.string(), z.string()),
  /** How long the action may take on a node; the action's own limit when it is left out. */
  timeoutSeconds: z.int().min(5).max(172_800).optional(),
});

/** What was sent to whom; read-command watches it. */
export interface SentCommand {
  readonly action: ActionName;
  readonly commandIds: readonly string[];
  readonly instanceIds: readonly string[];
}

export interface Sender extends Pick<RunCommand, 'findInstances' | 'send' | 'cancel'> {
  isRunning(executionArn: string): Promise<boolean>;
  readonly tags: RoleTags;
  readonly documentPrefix: string;
  readonly logGroup: string;
}

/** SSM takes at most so many instance ids in one SendCommand. */
const CHUNK = 50;

/**
 * Sends an action's SSM document to every target, after checking that all of them are there. When a part of the targets
 * cannot be sent to, or the execution was stopped meanwhile, what was sent is cancelled.
 * Errors: `ParameterInvalid`, `NoNodes` (a role without instances), `NodeOffline` (naming every one), `ExecutionStopped`,
 * those of SSM and Step Functions.
 */
export async function sendCommand(input: unknown, sender: Sender): Promise<SentCommand> {
  // For which backup, restore or clean-up the step is done.
  const schema = inputSchema.extend({ execution: executionArnSchema(sender.documentPrefix) });
  const given = parseOr('ParameterInvalid', 'The input of SendCommand', schema, input);
  const { action, targets, timeoutSeconds = actions[action].timeoutSeconds } = given;
  checkParameters(action, given.parameters);
  const instanceIds = 'roles' in targets ? await instancesOf(targets.roles, sender) : targets.instanceIds;
  await checkOnline(instanceIds, sender);
  const command = {
    documentName: `${sender.documentPrefix}${scriptName(action)}`,
    parameters: { ...given.parameters, timeoutSeconds: String(timeoutSeconds) },
    logGroup: sender.logGroup,
    comment: commentOf(given.execution),
  };
  return { action, commandIds: await sendInChunks(command, instanceIds, given.execution, sender), instanceIds };
}

async function sendInChunks(
  command: Omit<Command, 'instanceIds'>,
  instanceIds: readonly string[],
  { arn }: ExecutionId,
  { send, cancel, isRunning }: Sender,
): Promise<string[]> {
  const commandIds: string[] = [];
  try {
    for (let start = 0; start < instanceIds.length; start += CHUNK) {
      commandIds.push(await send({ ...command, instanceIds: instanceIds.slice(start, start + CHUNK) }));
    }
    // A function that runs already outlives its execution: clean-up may have looked for commands before these were there.
    if (!(await isRunning(arn))) throw new DrError('ExecutionStopped', `${arn} has ended.`);
  } catch (error) {
    // Nobody will wait for what was sent. A cancellation that fails here is repeated by clean-up, which finds commands by their comment.
    for (const { status, ...outcome } of await Promise.allSettled(commandIds.map(cancel))) {
      if (status === 'rejected') console.error('A command that was sent could not be cancelled.', outcome);
    }
    throw error;
  }
  return commandIds;
}

function checkParameters(action: ActionName, given: Readonly<Record<string, string>>): void {
  const shape = Object.fromEntries(
    actions[action].parameters.map((name) => [name, z.string().regex(new RegExp(parameters[name].pattern))]),
  );
  parseOr('ParameterInvalid', `The parameters of ${action}`, z.strictObject(shape), given);
}

async function instancesOf(wanted: readonly (typeof roles)[number][], { tags, findInstances }: Sender): Promise<string[]> {
  const byRole = await Promise.all(wanted.map((role) => findInstances([tags.cluster, tags[role]].map(tagFilter))));
  byRole.forEach((instances, index) => {
    const { key, value } = tags[wanted[index] as (typeof roles)[number]];
    if (instances.length === 0) throw new DrError('NoNodes', `No instance has the tags of the role "${wanted[index]}" (${key}=${value}).`);
  });
  return [...new Set(byRole.flat().map(({ instanceId }) => instanceId))].sort();
}

async function checkOnline(instanceIds: readonly string[], { tags, findInstances }: Sender): Promise<void> {
  const known = new Map(
    (await findInstances([tagFilter(tags.cluster)])).map((instance: ManagedInstance) => [instance.instanceId, instance]),
  );
  const offline = instanceIds.filter((instanceId) => !known.get(instanceId)?.online);
  if (offline.length > 0) throw new DrError('NodeOffline', `Not reachable through SSM: ${offline.join(', ')}.`);
}

function tagFilter({ key, value }: RoleTags['cluster']) {
  return { Key: `tag:${key}`, Values: [value] };
}
