import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../local/ssm/command-status.ts';
import type { Command } from '../../../local/ssm/commands.ts';

const statuses: Record<string, string> = {
  ExecutionTimedOut: 'TimedOut',
  DeliveryTimedOut: 'TimedOut',
  Undeliverable: 'Failed',
  Terminated: 'Cancelled',
};

/** A command whose invocations have these StatusDetails. */
function givenCommand(details: string[], MaxErrors: string): Command {
  const invocations = details.map((statusDetails) => ({ status: statuses[statusDetails] ?? statusDetails, statusDetails }));
  return { request: { MaxErrors }, invocations } as unknown as Command;
}

describe('the status of a command', () => {
  it.each([
    [['Pending', 'Pending'], '0', 'Pending', 'Pending'],
    [['Pending', 'InProgress'], '0', 'InProgress', 'InProgress'],
    [['Success', 'InProgress'], '0', 'InProgress', 'InProgress'],
    [['Failed', 'InProgress'], '0', 'InProgress', 'InProgress'],
    [['Cancelled', 'Cancelling', 'InProgress'], '0', 'Cancelling', 'Cancelling'],
    [['Success', 'Success'], '0', 'Success', 'Success'],
    [['Success', 'Failed'], '0', 'Failed', 'Failed'],
    [['Failed', 'Terminated'], '0', 'Failed', 'Failed'],
    [['Success', 'ExecutionTimedOut'], '0', 'TimedOut', 'ExecutionTimedOut'],
    [['Success', 'Failed'], '1', 'Failed', 'Incomplete'],
    [['Success', 'Failed'], '100%', 'Failed', 'Incomplete'],
    [['Success', 'Undeliverable'], '0', 'Failed', 'Incomplete'],
    [['DeliveryTimedOut', 'DeliveryTimedOut'], '0', 'TimedOut', 'DeliveryTimedOut'],
    [['Cancelled', 'Success'], '0', 'Cancelled', 'Cancelled'],
  ])('whose invocations are %j with MaxErrors %s is %s (%s)', (details, maxErrors, Status, StatusDetails) => {
    expect(statusOf(givenCommand(details, maxErrors))).toEqual({ Status, StatusDetails });
  });
});
