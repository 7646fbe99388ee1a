import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenUnits } from './units.ts';

describe('stop-services.sh', () => {
  it('stops units in their order, and names those that the node does not have', async () => {
    const node = await givenUnits('onlinefs', 'epipe', 'mysqld');

    const { code, answer } = await node.run('stop-services', { units: 'onlinefs+hiveserver2+epipe' });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { done: ['onlinefs', 'epipe'], absent: ['hiveserver2'] } });
    expect(node.verbs()).toEqual(['stop onlinefs', 'stop epipe']);
    expect(await node.units()).toEqual({ epipe: 'inactive', mysqld: 'active', onlinefs: 'inactive' });
  });

  it('may run again', async () => {
    const node = await givenUnits('epipe');
    await node.run('stop-services', { units: 'epipe' });

    const { code, answer } = await node.run('stop-services', { units: 'epipe' });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { done: ['epipe'], absent: [] } });
  });

  it('fails with the reason when a unit does not stop, and leaves those after it alone', async () => {
    const node = await givenUnits('onlinefs', 'epipe', 'rdrs');
    await node.refuse('epipe', 'stop');

    const { code, last } = await node.run('stop-services', { units: 'onlinefs+epipe+rdrs' });

    expect(code).toBe(exitCodeOf('ServiceNotStopped'));
    expect(last).toMatch(/unit epipe is active after systemctl stop: Job for epipe\.service canceled\.$/);
    expect(await node.units()).toEqual({ epipe: 'active', onlinefs: 'inactive', rdrs: 'active' });
  });

  it('takes a unit that failed while it was stopped for stopped', async () => {
    const node = await givenUnits('onlinefs');
    node.stub(
      'systemctl',
      'case $1 in stop) echo failed >$HOPS_ROOT/state ;; show) echo LoadState=loaded; echo ActiveState=$(<$HOPS_ROOT/state) ;; esac',
    );
    node.write('state', 'active');
    node.remove('bin/systemctl');

    const { code, answer } = await node.run('stop-services', { units: 'onlinefs' });

    expect({ code, answer: JSON.parse(answer) }).toEqual({ code: 0, answer: { done: ['onlinefs'], absent: [] } });
  });

  it('waits until a unit that is still deactivating is inactive', async () => {
    const node = await givenUnits();
    node.stub(
      'systemctl',
      `case $1 in
  stop) echo stop >>$HOPS_ROOT/asked ;;
  show)
    echo show >>$HOPS_ROOT/asked
    echo LoadState=loaded
    case $(wc -l <$HOPS_ROOT/asked) in 1) echo ActiveState=active ;; 3) echo ActiveState=deactivating ;; *) echo ActiveState=inactive ;; esac
    ;;
esac`,
    );
    node.remove('bin/systemctl');

    const { code } = await node.run('stop-services', { units: 'hivemetastore' });

    expect(code).toBe(0);
    expect(node.read('asked')).toBe('show\nstop\nshow\nshow\nshow\n');
  });

  it('fails when a unit that was stopped is started again while others stop', async () => {
    const node = await givenUnits('onlinefs', 'epipe');
    node.stub(
      'systemctl',
      'bash "$HOPS_ROOT/bin/real" "$@"; if [[ $* == "stop epipe" ]]; then echo active >$HOPS_ROOT/systemd/onlinefs; fi',
    );
    node.write('bin/real', node.read('bin/systemctl'));
    node.remove('bin/systemctl');

    const { code, last } = await node.run('stop-services', { units: 'onlinefs+epipe' });

    expect(code).toBe(exitCodeOf('ServiceNotStopped'));
    expect(last).toMatch(/unit onlinefs was stopped, and is active again\.$/);
  });

  it('passes over a masked unit that does not run, and stops one that does', async () => {
    const node = await givenUnits('epipe', 'rdrs');
    node.write('systemd/epipe', 'inactive');
    for (const unit of ['epipe', 'rdrs']) node.write(`systemd/${unit}.masked`, '');

    const { answer } = await node.run('stop-services', { units: 'epipe+rdrs' });

    expect(JSON.parse(answer)).toEqual({ done: ['rdrs'], absent: ['epipe'] });
  });

  it.each([
    [
      'systemd does not answer',
      "echo 'Failed to connect to bus: No such file or directory' >&2; exit 1",
      'ServiceNotStopped',
      /unit epipe: Failed to connect to bus/,
    ],
    ['systemd tells no state', 'echo LoadState=loaded', 'ServiceNotStopped', /does not tell the state of unit epipe/],
  ] as const)('fails when %s', async (_, systemctl, name, sentence) => {
    const node = await givenUnits('epipe');
    node.remove('bin/systemctl');
    node.stub('systemctl', systemctl);

    const { code, last } = await node.run('stop-services', { units: 'epipe' });

    expect(code).toBe(exitCodeOf(name));
    expect(last).toMatch(sentence);
  });
});
