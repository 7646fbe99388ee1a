import { setTimeout as sleep } from 'node:timers/promises';
import { listInvocations, readOutput } from '../aws/ssm.ts';
import { readCommand } from './read-command.ts';

export const handler = (input: unknown) => readCommand(input, { listInvocations, readOutput }, { now: Date.now, sleep });
