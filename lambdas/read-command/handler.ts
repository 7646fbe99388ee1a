import { listInvocations, readOutput } from '../aws/ssm.ts';
import { readCommand } from './read-command.ts';

export const handler = (input: unknown) => readCommand(input, { listInvocations, readOutput }, Date.now);
