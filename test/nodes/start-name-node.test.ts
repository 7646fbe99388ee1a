import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenHdfs } from './hdfs.ts';

const given = { units: 'namenode', timeoutSeconds: '2' };

describe('start-name-node', () => {
  it('starts the unit and ends when the NameNode answers that it is in safe mode', async () => {
    const node = await givenHdfs({
      safeMode:
        '[[ -f $HOPS_ROOT/asked ]] || { touch "$HOPS_ROOT/asked"; echo "Call failed on connection exception"; exit 255; }; echo "Safe mode is ON"',
    });

    const { answer } = await node.run('start-name-node', { ...given, timeoutSeconds: '60' });

    expect(answer).toBe('{"done":["namenode"],"absent":[]}');
    expect(node.read('systemd/namenode').trim()).toBe('active');
  });

  it('accepts that a HopsFS without blocks is out of safe mode', async () => {
    const node = await givenHdfs({ safeMode: 'echo "Safe mode is OFF"', blocks: 0 });

    const { code } = await node.run('start-name-node', given);

    expect(code).toBe(0);
  });

  it.each([
    ['it is not in safe mode', { safeMode: 'echo "Safe mode is OFF"' }, 'NameNodeFailed', 'the NameNode is not in safe mode'],
    [
      'it does not answer',
      { safeMode: 'echo "safemode: Call From head to head:8020 failed on connection exception: refused"; exit 255' },
      'NameNodeFailed',
      'the NameNode does not answer: safemode: Call From head',
    ],
    [
      'it ended again',
      { safeMode: 'echo failed >"$HOPS_ROOT/systemd/namenode"; exit 255' },
      'NameNodeFailed',
      'unit namenode is failed: the NameNode ended again.',
    ],
    ['there is no such unit', { unit: 'other' }, 'NameNodeFailed', 'this instance has no unit namenode.'],
    [
      'mysqld does not answer',
      { mysql: 'echo "ERROR 2002 (HY000): no socket" >&2; exit 1' },
      'SqlServerUnreachable',
      'hops.hdfs_variables cannot be counted: ERROR 2002',
    ],
  ] as const)('fails when %s', async (_, options, name, cause) => {
    const node = await givenHdfs(options);

    const { code, last } = await node.run('start-name-node', given);

    expect({ code, last }).toEqual({ code: exitCodeOf(name), last: expect.stringContaining(cause) });
  });

  it('starts nothing when RonDB holds no metadata of a HopsFS, and never formats it', async () => {
    const node = await givenHdfs({ variables: 0 });

    const { code, last } = await node.run('start-name-node', given);

    expect(code).toBe(exitCodeOf('NameNodeFailed'));
    expect(last).toContain('hops.hdfs_variables is empty');
    expect(node.read('systemd/namenode').trim()).toBe('inactive');
    expect(node.has('hdfs.log')).toBe(false);
  });
});
