import { describe, expect, it } from 'vitest';
import { environments } from '../../lambdas/environments.ts';
import { clusterSchema } from '../../model/cluster.ts';

const { tags } = clusterSchema.parse({ name: 'example', rondb: { connectString: 'mgmd:1186' } });
const sender = { DOCUMENT_PREFIX: 'hopsdr-example-', TAGS: JSON.stringify(tags), LOG_GROUP: 'nodes' };

describe('the environment of a Lambda', () => {
  it('carries the tags of the cluster as JSON', () => {
    expect(environments['send-command'].parse({ ...sender, AWS_REGION: 'eu-north-1' }).TAGS).toEqual(tags);
  });

  it.each(['CLUSTER', 'BUCKET', 'CONNECT_STRING', 'STEP_SECONDS'])('of a planner must have %s', (missing) => {
    const complete = { CLUSTER: 'example', BUCKET: 'backups', CONNECT_STRING: 'mgmd:1186', STEP_SECONDS: '86400' };

    expect(environments['plan-backup'].safeParse(complete).success).toBe(true);
    expect(environments['plan-backup'].safeParse({ ...complete, [missing]: undefined }).success).toBe(false);
  });

  it('gives a number for seconds, and refuses what is none', () => {
    const planner = { CLUSTER: 'example', BUCKET: 'backups', CONNECT_STRING: 'mgmd:1186' };

    expect(environments['plan-backup'].parse({ ...planner, STEP_SECONDS: '86400' }).STEP_SECONDS).toBe(86_400);
    expect(environments['plan-backup'].safeParse({ ...planner, STEP_SECONDS: '24h' }).success).toBe(false);
  });

  it.each(['{', '{}', '{"cluster":{"key":"k","value":"v"}}'])('of send-command must have whole tags, not %s', (TAGS) => {
    expect(() => environments['send-command'].parse({ ...sender, TAGS })).toThrow();
  });
});
