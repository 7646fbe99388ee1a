import { isRunning } from '../aws/sfn.ts';
import { cancelCommand, findInstances, sendCommand as send } from '../aws/ssm.ts';
import { environment } from './environment.ts';
import { sendCommand } from './send-command.ts';

const { DOCUMENT_PREFIX, TAGS, LOG_GROUP } = environment.parse(process.env);
const ssm = { findInstances, send, cancel: cancelCommand };
const sender = { ...ssm, isRunning, tags: TAGS, documentPrefix: DOCUMENT_PREFIX, logGroup: LOG_GROUP };

export const handler = (input: unknown) => sendCommand(input, sender);
