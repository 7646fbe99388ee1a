import { describe, expect, it } from 'vitest';
import { textOf } from '../fixtures/grants.ts';
import { givenCluster, type Resource, resourcesIn, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

const template = synthesizeCluster(givenCluster());
const write = textOf(resourcesIn(template));
const rules = resourcesOf(template, 'AWS::Events::Rule');
const rule = (rules.get('CleanUp/Rule') as Resource).Properties;

describe('the rule of clean-up', () => {
  it('is the only one', () => {
    expect([...rules.keys()]).toEqual(['CleanUp/Rule']);
  });

  it('hears of every backup, restore, verification and sweep that ended without success, stopped ones included', () => {
    const { source, 'detail-type': type, detail } = rule.EventPattern;

    expect(rule.State).toBe('ENABLED');
    expect([source, type]).toEqual([['aws.states'], ['Step Functions Execution Status Change']]);
    expect(detail.status.sort()).toEqual(['ABORTED', 'FAILED', 'TIMED_OUT']);
    expect(detail.stateMachineArn.map(write)).toEqual([
      '<StateMachines/backup>',
      '<StateMachines/restore>',
      '<StateMachines/verify>',
      '<StateMachines/sweep>',
    ]);
    expect(Object.keys(detail).sort()).toEqual(['stateMachineArn', 'status']);
  });

  it('never hears of the clean-up itself', () => {
    expect(rule.EventPattern.detail.stateMachineArn.map(write)).not.toContain('<StateMachines/clean-up>');
  });

  it('starts the clean-up with the detail of the event, and keeps what it cannot deliver', () => {
    const [target, ...others] = rule.Targets;

    expect(others).toEqual([]);
    expect(write(target.Arn)).toBe('<StateMachines/clean-up>');
    expect(target.InputPath).toBe('$.detail');
    expect(write(target.DeadLetterConfig.Arn)).toBe('<DeadLetters/Queue>');
  });
});
