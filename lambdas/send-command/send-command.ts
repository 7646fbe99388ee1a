import { z } from 'zod';
import { type ActionName, actions, parameters, scriptName } from '../../model/actions.ts';
import { type RoleTags, roles } from '../../model/cluster.ts';
import { DrError } from '../../model/errors.ts';
import { parseOr } from '../../model/parse.ts';
import { instanceIdSchema } from '../../model/receipt.ts';
import type { ManagedInstance, RunCommand } from '../aws.ts';

const inputSchema = z.strictObject({
  action: z.enum(Object.keys(actions) as [ActionName, ...ActionName[]]),
  /** Either roles of the cluster, resolved by tags now, or the very instances of a plan. */
  targets: z.union([
    z.strictObject({ roles: z.array(z.enum(roles)).min(1) }),
    z.strictObject({ instanceIds: z.array(instanceIdSchema).min(1) }),
  ]),
  parameters: z.record(z.string(), z.string()),
});

/** What was sent to whom; read-command watches it. */
export interface SentCommand {
  readonly action: ActionName;
  readonly commandIds: readonly string[];
  readonly instanceIds: readonly string[];
}

export interface Sender extends Pick<RunCommand, 'findInstances' | 'send'> {
  readonly tags: RoleTags;
  readonly documentPrefix: string;
  readonly logGroup: string;
}

/** SSM takes at most so many instance ids in one SendCommand. */
const CHUNK = 50;

/**
 * Sends an action's SSM document to every target, after checking that all of them are there.
 * Errors: `ParameterInvalid`, `NoNodes` (a role without instances), `NodeOffline` (naming every one).
 */
export async function sendCommand(input: unknown, sender: Sender): Promise<SentCommand> {
  const { action, targets, parameters: given } = parseOr('ParameterInvalid', 'The input of SendCommand', inputSchema, input);
  checkParameters(action, given);
  const instanceIds = 'roles' in targets ? await instancesOf(targets.roles, sender) : targets.instanceIds;
  await checkOnline(instanceIds, sender);
  const commandIds: string[] = [];
  for (let start = 0; start < instanceIds.length; start += CHUNK) {
    const documentName = `${sender.documentPrefix}${scriptName(action)}`;
    const chunk = instanceIds.slice(start, start + CHUNK);
    commandIds.push(await sender.send({ documentName, instanceIds: chunk, parameters: given, logGroup: sender.logGroup }));
  }
  return { action, commandIds, instanceIds };
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
