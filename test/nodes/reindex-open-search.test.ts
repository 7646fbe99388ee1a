import { describe, expect, it, vi } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenHopsworks } from './hopsworks.ts';

const SCRIPT = 'reindex-open-search';
const mapping = { mappings: { dynamic: 'strict', properties: { doc_type: {}, project_id: {}, dataset_id: {}, name: {}, older: {} } } };
const documents = ['dataset-1', 'project-1', 'project-2'];

describe('reindex-open-search.sh', () => {
  it('fills the index with what RonDB holds, and starts ePipe again', async () => {
    const node = await givenHopsworks();

    const { code, answer } = await node.run(SCRIPT);

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { documents: 3, datasets: 1 } });
    expect(await node.found('document')).toEqual(documents);
    expect(await node.unit('epipe')).toBe('active');
    expect(node.read('systemd/journal')).toMatch(/stop epipe\n.*start epipe\n$/);
  });

  it('gives the new index the mapping of the old one, whatever its template says now', async () => {
    const node = await givenHopsworks();
    await node.search('DELETE');
    await node.search('PUT', mapping);

    const { code } = await node.run(SCRIPT);

    expect(code).toBe(0);
    expect((await node.hopsworks.fingerprint()).index).toBe(JSON.stringify(mapping.mappings));
  });

  it('leaves no document of something that RonDB no longer holds', async () => {
    const node = await givenHopsworks();
    await node.hopsworks.load();
    node.write('datasets', '');

    const { answer } = await node.run(SCRIPT);

    expect(JSON.parse(answer)).toEqual({ documents: 2, datasets: 0 });
    expect(await node.found('document')).toEqual(['project-1', 'project-2']);
  });

  it('makes an index where there is none', async () => {
    const node = await givenHopsworks();
    await node.search('DELETE');

    const { code } = await node.run(SCRIPT);

    expect(code).toBe(0);
    expect(await node.found('document')).toEqual(documents);
  });

  it.each([
    ['dropped the index', 'PUT'],
    ['made the index anew', '_bulk'],
    ['filled the index', '_refresh'],
  ])('goes on after it was killed when it had %s', async (_, next) => {
    const node = await givenHopsworks();
    await node.search('DELETE');
    await node.search('PUT', mapping);
    node.stub('curl', `[[ $* != *${next}* ]] || { touch $HOPS_ROOT/reached; exec /bin/sleep 2; }; exec /usr/bin/curl "$@"`);
    const killed = node.start(SCRIPT);
    await vi.waitFor(() => expect(node.has('reached')).toBe(true), { timeout: 20_000 });
    killed.signal('SIGKILL');
    await killed.ended;
    node.stub('curl', 'exec /usr/bin/curl "$@"');

    const { code, answer } = await node.run(SCRIPT);

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { documents: 3, datasets: 1 } });
    expect((await node.hopsworks.fingerprint()).index).toBe(JSON.stringify(mapping.mappings));
    expect(await node.unit('epipe')).toBe('active');
    expect(node.has('hopsdr/projects.mapping')).toBe(false);
  });

  it('refuses to go on while a process of ePipe outlives its unit, then does when that has ended', async () => {
    const node = await givenHopsworks();
    const repair = await node.hopsworks.fail('epipe');

    const refused = await node.run(SCRIPT);
    await repair();
    const { code } = await node.run(SCRIPT);

    expect(refused.code).toBe(exitCodeOf('SearchRebuildFailed'));
    expect(refused.last).toMatch(/reindex-epipe\.sh ended with 1: A Epipe server is already running\. Kill it first\.$/);
    expect(code).toBe(0);
  });

  it('fails when ePipe does not stop, before the index is dropped', async () => {
    const node = await givenHopsworks();
    await node.hopsworks.load();
    await node.hopsworks.fail({ unit: 'epipe', on: 'head-1', refuses: 'stop' });

    const { code } = await node.run(SCRIPT);

    expect(code).toBe(exitCodeOf('ServiceNotStopped'));
    expect(await node.found('document')).toEqual(documents);
  });

  it('fails when OpenSearch is not ready, in its words', async () => {
    const node = await givenHopsworks();
    await node.hopsworks.fail('openSearch');

    const { code, last } = await node.run(SCRIPT);

    expect(code).toBe(exitCodeOf('SearchRebuildFailed'));
    expect(last).toMatch(/GET http:\S+\/projects\/_mapping was answered with 503: OpenSearch Security not initialized\.$/);
  });

  it('fails when documents of projects were refused, which ePipe does not tell', async () => {
    const node = await givenHopsworks();
    node.write('projects', '1\t{"doc_type":"proj","project_id":1,"colour":"red"}\n2\t{"doc_type":"proj","project_id":2}\n');

    const { code, last } = await node.run(SCRIPT);

    expect(code).toBe(exitCodeOf('SearchRebuildFailed'));
    expect(last).toMatch(/index projects has 1 of 2 projects; the logs of the tool are in \S+\/epipe\/logs\.$/);
    expect(await node.unit('epipe')).toBe('inactive');
  });

  it.each([
    [
      'nobody answers',
      { searchUrl: 'http://127.0.0.1:9' },
      'SearchRebuildFailed',
      /GET http:\/\/127\.0\.0\.1:9\/projects\/_mapping: curl: \(7\)/,
    ],
    [
      'the credentials are missing',
      { credentialsFile: '/srv/hops/nothing.curl' },
      'SearchRebuildFailed',
      /\/nothing\.curl, cannot be read\.$/,
    ],
    ['the credentials are none', { credentialsFile: 'none' }, 'SearchRebuildFailed', /answered with 401: Unauthorized$/],
  ] as const)('fails when %s', async (_, given, name, sentence) => {
    const node = await givenHopsworks();

    const { code, last } = await node.run(SCRIPT, given);

    expect(code).toBe(exitCodeOf(name));
    expect(last).toMatch(sentence);
  });

  it('never has a secret on a command line', async () => {
    const node = await givenHopsworks();
    node.stub('curl', 'printf "%s\\n" "$*" >>$HOPS_ROOT/arguments; exec /usr/bin/curl "$@"');

    await node.run(SCRIPT);

    expect(node.read('arguments')).toContain('--config');
    expect(node.read('arguments')).not.toContain('practice');
  });
});
