import { describe, expect, it } from 'vitest';
import { type ActionName, actions, parameters as definitions, scriptName } from '../../model/actions.ts';
import { catalogue, type ErrorName } from '../../model/errors.ts';
import { assembled, givenNode } from './given.ts';

const names = Object.keys(actions) as ActionName[];

describe('what all node scripts share', () => {
  it.each(names)('%s names only failures of the catalogue that have an exit code', (action) => {
    const named = [
      ...assembled(scriptName(action)).matchAll(
        /\b(?:(?:fail|run_ndb_restore|restore_step|drop_indexes|adopt) |Failure\(')([A-Z][A-Za-z]+)\b/g,
      ),
    ].map(([, name = '']) => name);

    expect(named.filter((name) => !('exitCode' in (catalogue[name as ErrorName] ?? {})))).toEqual([]);
  });

  // The agent itself ends a script in time; most need not know when.
  it.each(names)('%s reads exactly the parameters of its action, and perhaps its time limit', (action) => {
    const read = [...assembled(scriptName(action)).matchAll(/\$\(parameter (\w+)\)/g)].map(([, name]) => name);

    expect(read.filter((name) => name !== 'timeoutSeconds').sort()).toEqual([...actions[action].parameters].sort());
  });

  it('is put between single quotes, which nothing of it holds', () => {
    expect(Object.values(definitions).filter(({ pattern }) => pattern.includes("'"))).toEqual([]);
  });

  it('ends with code 1 and says the line, on stderr and stdout, when a command fails that no script foresees', async () => {
    const node = givenNode();
    node.stub('realpath', 'exit 3');

    const { code, stdout, last } = await node.run('inspect-cluster');

    expect({ code, stdout }).toEqual({ code: 1, stdout: `${last}\n` });
    expect(last).toMatch(/^i-0000000000000b001: a command in line \d+ of the assembled script inspect-cluster.sh ended with status 3\.$/);
  });

  it('passes an endpoint to a CLI that does not know AWS_ENDPOINT_URL', async () => {
    const node = givenNode();
    node.stub('aws', `[[ $1 == --version ]] && echo aws-cli/2.9.19 && exit; echo "$*" >&2; exit 1`);

    const { last } = await node.run('check-nodes', {}, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });

    expect(last).toContain('--endpoint-url http://127.0.0.1:9 s3api list-objects-v2');
  });
});
