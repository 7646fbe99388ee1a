import { cancelCommand, listExecuting } from '../aws/ssm.ts';
import { environments } from '../environments.ts';
import { cancelCommands } from './cancel-commands.ts';

const { DOCUMENT_PREFIX } = environments['cancel-commands'].parse(process.env);

export const handler = (input: unknown) => cancelCommands(input, { listExecuting, cancel: cancelCommand, documentPrefix: DOCUMENT_PREFIX });
