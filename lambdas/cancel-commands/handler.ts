import { cancelCommand, listExecuting } from '../aws/ssm.ts';
import { cancelCommands } from './cancel-commands.ts';
import { environment } from './environment.ts';

const { DOCUMENT_PREFIX } = environment.parse(process.env);

export const handler = (input: unknown) => cancelCommands(input, { listExecuting, cancel: cancelCommand, documentPrefix: DOCUMENT_PREFIX });
