import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenUnits } from './units.ts';

describe('start-services.sh', () => {
  it('starts units in their order, and names those that the node does not have or an operator masked', async () => {
    const node = await givenUnits('rdrs', 'epipe', 'onlinefs');
    await node.run('stop-services', { units: 'rdrs+epipe+onlinefs' });
    node.write('systemd/onlinefs.masked', '');

    const { code, answer } = await node.run('start-services', { units: 'epipe+hivemetastore+rdrs+onlinefs' });

    expect({ code, answer: JSON.parse(answer) }).toEqual({
      code: 0,
      answer: { done: ['epipe', 'rdrs'], absent: ['hivemetastore', 'onlinefs'] },
    });
    expect(node.verbs().slice(3)).toEqual(['start epipe', 'start rdrs']);
    expect(await node.units()).toEqual({ epipe: 'active', onlinefs: 'inactive', rdrs: 'active' });
  });

  it('leaves a unit that runs as it is', async () => {
    const node = await givenUnits('epipe');

    const { code, answer } = await node.run('start-services', { units: 'epipe' });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { done: ['epipe'], absent: [] } });
  });

  it.each([
    ['does not start', 'start', /unit epipe did not start: Job for epipe\.service failed .*; its journal: Error: refused, as told\.$/],
    [
      'ends as soon as it has started',
      'stay',
      /unit epipe did not start: it is failed after systemctl start; its journal: Error: ended at once, as told\.$/,
    ],
  ] as const)('fails with the last words in the journal when a unit %s, and starts none after it', async (_, refusal, sentence) => {
    const node = await givenUnits('epipe', 'onlinefs');
    await node.run('stop-services', { units: 'epipe+onlinefs' });
    await node.refuse('epipe', refusal);

    const { code, last } = await node.run('start-services', { units: 'epipe+onlinefs' });

    expect(code).toBe(exitCodeOf('ServiceNotStarted'));
    expect(last).toMatch(sentence);
    expect(await node.units()).toEqual({ epipe: 'failed', onlinefs: 'inactive' });
  });

  it('fails when systemd has started a unit anew a moment later', async () => {
    const node = await givenUnits();
    node.remove('bin/systemctl');
    node.write('invocation', '');
    node.stub(
      'systemctl',
      '[[ $1 != show ]] || { echo x >>$HOPS_ROOT/invocation; echo LoadState=loaded; echo ActiveState=active; echo InvocationID=$(wc -l <$HOPS_ROOT/invocation); }',
    );

    const { code, last } = await node.run('start-services', { units: 'epipe' });

    expect(code).toBe(exitCodeOf('ServiceNotStarted'));
    expect(last).toMatch(/unit epipe did not start: it ended again at once/);
  });
});
