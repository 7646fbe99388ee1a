import { describe, expect, it } from 'vitest';
import { environments } from '../../lambdas/environments.ts';
import { clusterSchema } from '../../model/cluster.ts';

const { tags } = clusterSchema.parse({ name: 'example', rondb: { connectString: 'mgmd:1186' } });
const sender = { DOCUMENT_PREFIX: 'hopsdr-example-', TAGS: JSON.stringify(tags), LOG_GROUP: 'nodes' };

describe('the environment of a Lambda', () => {
  it('carries the tags of the cluster as JSON', () => {
    expect(environments['send-command'].parse({ ...sender, AWS_REGION: 'eu-north-1' }).TAGS).toEqual(tags);
  });

  const backupPlanner = { CLUSTER: 'example', BUCKET: 'backups', CONNECT_STRING: 'mgmd:1186', STEP_SECONDS: '86400', HOPSFS: 'null' };
  const { services, openSearch } = clusterSchema.parse({ name: 'example', rondb: { connectString: 'mgmd:1186' } });
  const restorePlanner = {
    ...backupPlanner,
    SERVICES: JSON.stringify(services),
    OPEN_SEARCH: JSON.stringify(openSearch),
    KAFKA: 'true',
  };

  it.each(Object.keys(backupPlanner))('of PlanBackup must have %s', (missing) => {
    expect(environments['plan-backup'].safeParse(backupPlanner).success).toBe(true);
    expect(environments['plan-backup'].safeParse({ ...backupPlanner, [missing]: undefined }).success).toBe(false);
  });

  it.each(Object.keys(restorePlanner))('of PlanRestore must have %s', (missing) => {
    expect(environments['plan-restore'].safeParse({ ...restorePlanner, [missing]: undefined }).success).toBe(false);
  });

  it('of PlanRestore carries what the cluster file says of services, OpenSearch and Kafka', () => {
    expect(environments['plan-restore'].parse(restorePlanner)).toMatchObject({
      HOPSFS: null,
      SERVICES: services,
      OPEN_SEARCH: openSearch,
      KAFKA: true,
    });
  });

  it('gives a number for seconds, and refuses what is none', () => {
    expect(environments['plan-backup'].parse({ ...backupPlanner, STEP_SECONDS: '86400' }).STEP_SECONDS).toBe(86_400);
    expect(environments['plan-backup'].safeParse({ ...backupPlanner, STEP_SECONDS: '24h' }).success).toBe(false);
  });

  it.each(['{', '{}', '{"cluster":{"key":"k","value":"v"}}'])('of send-command must have whole tags, not %s', (TAGS) => {
    expect(() => environments['send-command'].parse({ ...sender, TAGS })).toThrow();
  });
});
