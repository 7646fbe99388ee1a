import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenUnits } from './units.ts';

describe('start-hopsfs', () => {
  async function givenStopped() {
    const node = await givenUnits('namenode', 'datanode');
    node.write('systemd/namenode', 'inactive\n');
    node.write('systemd/datanode', 'inactive\n');
    return node;
  }

  it('starts the units of its instance, in their order', async () => {
    const node = await givenStopped();

    const { answer } = await node.run('start-hopsfs');

    expect(JSON.parse(answer)).toEqual({ done: ['namenode', 'datanode'], absent: [] });
    expect(node.verbs()).toEqual(['start namenode', 'start datanode']);
  });

  it('starts nothing without an assignment', async () => {
    const node = await givenStopped();

    const { answer } = await node.run('start-hopsfs', { unitAssignments: 'i-0000000000000b002=datanode' });

    expect(JSON.parse(answer)).toEqual({ done: [], absent: [] });
    expect(await node.units()).toEqual({ namenode: 'inactive', datanode: 'inactive' });
  });

  it('fails when a unit does not start', async () => {
    const node = await givenStopped();
    await node.refuse('datanode', 'start');

    const { code } = await node.run('start-hopsfs');

    expect(code).toBe(exitCodeOf('ServiceNotStarted'));
  });
});
