import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { apiError, type JsonApi } from '../json-api.ts';
import { describeCommand, describeInvocation, describeNode, summarizeInvocation } from './answers.ts';
import { hasEnded } from './command-status.ts';
import { type Command, createDispatcher, createInvocation, type Invocation, type Node, type PingStatus } from './commands.ts';
import { loadDocument, render, type SsmDocument } from './documents.ts';
import { type CommandFilter, type Operation, paginate, parseRequest } from './requests.ts';

export type { Node } from './commands.ts';
export type { SsmDocument } from './documents.ts';

/** SSM Run Command for nodes that are directories of this machine. */
export interface Ssm {
  /** SendCommand, ListCommands, ListCommandInvocations, GetCommandInvocation, CancelCommand, DescribeInstanceInformation. */
  readonly api: JsonApi;
  setPing(instanceId: string, status: PingStatus): void;
  /** Calls a listener, which must not throw, with every new status of every invocation until the returned function is called. */
  onInvocation(listener: (change: InvocationChange) => void): () => void;
  /** Kills every running script group; resolves when all have ended. */
  stop(): Promise<void>;
}

/** An invocation has a new status. `directory` holds its script and its complete stdout and stderr. */
export interface InvocationChange extends Pick<Invocation, 'status' | 'statusDetails' | 'exitCode' | 'directory'> {
  readonly commandId: string;
  readonly documentName: string;
  readonly instanceId: string;
  readonly nodeName: string;
}

/** SSM shows a command and its invocations only a moment after SendCommand has returned. */
const VISIBLE_AFTER_MS = 200;

/**
 * Throws when a document is not one that the local agent can run. `patienceMs`: so long ListCommandInvocations holds back its answer
 * about a command that still runs, so that who asks every second hears of the end at once.
 */
export function createSsm(options: {
  nodes: readonly Node[];
  documents: readonly SsmDocument[];
  region: string;
  patienceMs?: number;
}): Ssm {
  const nodes = new Map(options.nodes.map((node) => [node.instanceId, node]));
  const documents = new Map(options.documents.map((document) => [document.name, loadDocument(document)]));
  const commands = new Map<string, Command>();
  const listeners = new Set<(change: InvocationChange) => void>();
  const dispatcher = createDispatcher(options.region, (command, { node, status, statusDetails, exitCode, directory }) => {
    const { DocumentName: documentName } = command.request;
    const change = { commandId: command.id, documentName, instanceId: node.instanceId, nodeName: node.name };
    for (const listener of listeners) listener({ ...change, status, statusDetails, exitCode, directory });
  });
  const stop = () => dispatcher.stop();
  process.once('exit', stop);

  const nodeOf = (instanceId: string): Node => {
    const node = nodes.get(instanceId);
    if (!node) throw apiError('InvalidInstanceId', `No instance ${instanceId} is managed here`);
    return node;
  };
  const commandOf = (id: string): Command => {
    const command = commands.get(id);
    if (!command) throw apiError('InvalidCommandId', `There is no command ${id}`);
    return command;
  };

  async function waitFor(command: Command): Promise<void> {
    const end = Date.now() + (options.patienceMs ?? 0);
    while (Date.now() < end && !(isVisible(command) && command.invocations.every(hasEnded))) await delay(20);
  }

  const operations: Record<Operation, (body: unknown) => unknown> = {
    SendCommand(body) {
      const request = parseRequest('SendCommand', body);
      const { DocumentName, DocumentVersion = '$DEFAULT', InstanceIds } = request;
      const document = documents.get(DocumentName);
      if (!document) throw apiError('InvalidDocument', `There is no document ${DocumentName}`);
      if (!['$DEFAULT', '$LATEST', '1'].includes(DocumentVersion)) {
        throw apiError('InvalidDocumentVersion', `${DocumentName} has no version ${DocumentVersion}`);
      }
      if (new Set(InstanceIds).size < InstanceIds.length) throw apiError('DuplicateInstanceId', 'An instance is named twice');
      const id = randomUUID();
      const invocations = InstanceIds.map((instanceId) => createInvocation(nodeOf(instanceId), DocumentName, id));
      const command = { id, requestedAt: new Date(), request, rendered: render(document, request.Parameters), invocations };
      commands.set(id, command);
      dispatcher.send(command);
      return { Command: describeCommand(command) };
    },

    ListCommands(body) {
      const { CommandId, Filters, ...page } = parseRequest('ListCommands', body);
      const found = [...commands.values()].filter(
        (command) =>
          isVisible(command) && [undefined, command.id].includes(CommandId) && Filters.every((filter) => passes(command, filter)),
      );
      const { items, ...next } = paginate(found.reverse(), page);
      return { Commands: items.map(describeCommand), ...next };
    },

    async ListCommandInvocations(body) {
      const { CommandId, InstanceId, Details, ...page } = parseRequest('ListCommandInvocations', body);
      const command = commandOf(CommandId);
      await waitFor(command);
      const visible = command.invocations.filter(({ node }) => isVisible(command) && [undefined, node.instanceId].includes(InstanceId));
      const { items, ...next } = paginate(visible, page);
      return { CommandInvocations: items.map((invocation) => summarizeInvocation(command, invocation, Details)), ...next };
    },

    GetCommandInvocation(body) {
      const { CommandId, InstanceId, PluginName } = parseRequest('GetCommandInvocation', body);
      const command = commands.get(CommandId);
      const invocation = command?.invocations.find(({ node }) => node.instanceId === InstanceId);
      if (!command || !invocation || !isVisible(command))
        throw apiError('InvocationDoesNotExist', 'There is no such invocation, or not yet');
      if (![undefined, command.rendered.step].includes(PluginName)) throw apiError('InvalidPluginName', `There is no step ${PluginName}`);
      return describeInvocation(command, invocation);
    },

    CancelCommand(body) {
      const { CommandId, InstanceIds } = parseRequest('CancelCommand', body);
      const { invocations } = commandOf(CommandId);
      const named = InstanceIds.map(nodeOf);
      for (const invocation of invocations) {
        if (named.length === 0 || named.includes(invocation.node)) dispatcher.cancel(invocation);
      }
      return {};
    },

    DescribeInstanceInformation(body) {
      const { Filters, ...page } = parseRequest('DescribeInstanceInformation', body);
      const tests = Filters.map(({ Key, Values }) => ({ read: readerOf(Key), Values: new Set<string | undefined>(Values) }));
      const found = [...nodes.values()].filter((node) => tests.every(({ read, Values }) => Values.has(read(node))));
      const { items, ...next } = paginate(found, { ...page, MaxResults: page.MaxResults ?? 10 });
      return { InstanceInformationList: items.map(describeNode), ...next };
    },
  };

  return {
    async api(operation, body) {
      if (!Object.hasOwn(operations, operation)) throw apiError('UnknownOperationException', `SSM operation ${operation} is not supported`);
      return operations[operation as Operation](body);
    },
    setPing: (instanceId, status) => dispatcher.ping(nodeOf(instanceId), status),
    onInvocation(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      process.off('exit', stop);
      await stop();
    },
  };
}

function isVisible({ requestedAt }: Command): boolean {
  return Date.now() - requestedAt.getTime() >= VISIBLE_AFTER_MS;
}

function passes({ request, requestedAt, invocations }: Command, { key, value }: CommandFilter): boolean {
  switch (key) {
    case 'ExecutionStage':
      return invocations.every(hasEnded) === (value === 'Complete');
    case 'DocumentName':
      return request.DocumentName === value;
    case 'InvokedAfter':
      return requestedAt >= new Date(value);
  }
}

function readerOf(filterKey: string): (node: Node) => string | undefined {
  if (filterKey === 'InstanceIds') return ({ instanceId }) => instanceId;
  if (filterKey === 'PingStatus') return ({ pingStatus = 'Online' }) => pingStatus;
  if (filterKey.startsWith('tag:')) return ({ tags }) => tags[filterKey.slice('tag:'.length)];
  throw apiError('InvalidFilterKey', `Filter ${filterKey} is not supported: use tag:<key>, InstanceIds or PingStatus`);
}
