import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenHopsworks } from './hopsworks.ts';

const SCRIPT = 'reindex-feature-store';
const credentialsFile = '/srv/hops/hopsworks.curl';

describe('reindex-feature-store.sh', () => {
  it('logs in with the form of its credentials, and lets Hopsworks rebuild the search', async () => {
    const node = await givenHopsworks();

    const { code, answer } = await node.run(SCRIPT, { credentialsFile });

    expect({ code, answer }).toEqual({ code: 0, answer: '{}' });
    expect((await node.hopsworks.fingerprint())['feature store']).toBe('can be searched');
  });

  it('sends the header that its credentials bring with them', async () => {
    const node = await givenHopsworks();
    node.write('hopsworks.curl', 'header = "Authorization: Bearer practice.token"\n');

    const { code } = await node.run(SCRIPT, { credentialsFile });

    expect(code).toBe(0);
    expect((await node.hopsworks.fingerprint())['feature store']).toBe('can be searched');
  });

  it.each([
    ['does not run', 502],
    ['does not know the account', 401],
  ])('fails when Hopsworks %s', async (trouble, status) => {
    const node = await givenHopsworks();
    if (trouble === 'does not run') node.write('systemd/glassfish-domain1', 'inactive');
    else node.write('hopsworks.curl', 'data-urlencode = "email=nobody"\n');

    const { code, last } = await node.run(SCRIPT, { credentialsFile });

    expect(code).toBe(exitCodeOf('SearchRebuildFailed'));
    expect(last).toMatch(new RegExp(`answered with ${status}`));
    expect((await node.hopsworks.fingerprint())['feature store']).toBe('cannot be searched');
  });

  it('never has a secret on a command line, and leaves none behind', async () => {
    const node = await givenHopsworks();
    node.stub('curl', 'printf "%s\\n" "$*" >>$HOPS_ROOT/arguments; exec /usr/bin/curl "$@"');

    await node.run(SCRIPT, { credentialsFile });

    expect(node.read('arguments')).not.toMatch(/practice/);
    expect(node.has('hopsdr/reindex-feature-store')).toBe(false);
  });
});
