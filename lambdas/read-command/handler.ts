import { openRunCommand } from '../aws.ts';
import { readCommand } from './read-command.ts';

const runCommand = openRunCommand();

export const handler = (input: unknown) => readCommand(input, runCommand, Date.now);
