import { startExecution } from '../aws/sfn.ts';
import { environment } from './environment.ts';
import { startBackup } from './start-backup.ts';

const { CLUSTER, STATE_MACHINE_ARN } = environment.parse(process.env);

export const handler = (input: unknown) => startBackup(input, { cluster: CLUSTER, stateMachineArn: STATE_MACHINE_ARN, startExecution });
