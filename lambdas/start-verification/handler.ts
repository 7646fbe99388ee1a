import { startExecution } from '../aws/sfn.ts';
import { environment } from '../start-backup/environment.ts';
import { startVerification } from './start-verification.ts';

const { CLUSTER, STATE_MACHINE_ARN } = environment.parse(process.env);

export const handler = (input: unknown) =>
  startVerification(input, { cluster: CLUSTER, stateMachineArn: STATE_MACHINE_ARN, startExecution });
