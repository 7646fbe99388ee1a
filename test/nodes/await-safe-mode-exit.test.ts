import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { exitCodeOf } from './given.ts';
import { givenHdfs, reportOf } from './hdfs.ts';

const OFF = 'echo "Safe mode is OFF"';
const count = 'echo x >>"$HOPS_ROOT/times"; times=$(wc -l <"$HOPS_ROOT/times")';

describe('await-safe-mode-exit', () => {
  it('waits for the end of safe mode, then until no block is missing, and says how far it is', async () => {
    const node = await givenHdfs({
      safeMode: `${count}; if ((times < 3)); then echo "Safe mode is ON"; else ${OFF}; fi`,
      report: `times=$(wc -l <"$HOPS_ROOT/times"); case $times in 1) ${reportOf(1000, 0)} ;; 2) ${reportOf(250)} ;; 3) ${reportOf(1)} ;; *) ${reportOf(0)} ;; esac`,
    });

    const { answer, stderr } = await node.run('await-safe-mode-exit', { limitSeconds: '60' });

    expect(answers.AwaitSafeModeExit.parse(JSON.parse(answer))).toMatchObject({ blocks: 1000, missingBlocks: 0, datanodes: 2 });
    expect(stderr.match(/^safe mode is .*(?= after)/gm)).toEqual([
      'safe mode is ON; 0.0 % of 1000 blocks reported by 0 live datanodes',
      'safe mode is ON; 75.0 % of 1000 blocks reported by 2 live datanodes',
      'safe mode is OFF; 99.9 % of 1000 blocks reported by 2 live datanodes',
    ]);
  });

  it('believes what HopsFS keeps of the reported blocks in RonDB: its report misses none in safe mode', async () => {
    const node = await givenHdfs({ report: reportOf(0), safeBlocks: 'echo 600' });

    const { last } = await node.run('await-safe-mode-exit', { limitSeconds: '1' });

    expect(last).toContain('2 live datanodes have reported 60.0 % of 1000 blocks.');
  });

  it("asks as the user who owns HopsFS' configuration", async () => {
    const node = await givenHdfs({ safeMode: OFF, report: reportOf(0) });
    node.stub('stat', 'echo hdfs');
    node.stub('runuser', 'echo "$1 $2 $3" >>"$HOPS_ROOT/runuser.log"; shift 3; exec "$@"');

    const { code } = await node.run('await-safe-mode-exit');

    expect(code).toBe(0);
    expect(node.read('runuser.log')).toBe('-u hdfs --\n-u hdfs --\n');
  });

  it('never asks for anything but safe mode and the report', async () => {
    const node = await givenHdfs({ report: reportOf(3) });

    await node.run('await-safe-mode-exit', { limitSeconds: '1' });

    expect([...new Set(node.read('hdfs.log').trim().split('\n'))]).toEqual(['dfsadmin -safemode get', 'dfsadmin -report']);
  });

  it.each([
    ['safe mode does not end', { report: reportOf(500, 1) }, 'SafeModeStuck', '1 live datanodes have reported 50.0 % of 1000 blocks.'],
    ['blocks stay missing', { safeMode: OFF, report: reportOf(4) }, 'BlocksMissing', 'HopsFS misses 4 of 1000 blocks'],
    [
      'HopsFS does not answer',
      { safeMode: 'echo "ConnectException: refused"; exit 255', report: 'exit 255' },
      'NameNodeFailed',
      'HopsFS does not answer',
    ],
    [
      'the report is refused',
      { safeMode: OFF, report: 'echo "Access denied for user root"; exit 255' },
      'NameNodeFailed',
      'Access denied for user root',
    ],
    [
      'mysqld does not answer',
      { mysql: 'echo "ERROR 2002 (HY000): no socket" >&2; exit 1' },
      'SqlServerUnreachable',
      'hops.hdfs_block_infos cannot be counted',
    ],
  ] as const)('fails within the limit when %s', async (_, options, name, cause) => {
    const node = await givenHdfs(options);

    const { code, last } = await node.run('await-safe-mode-exit', { limitSeconds: '1' });

    expect({ code, last }).toEqual({ code: exitCodeOf(name), last: expect.stringContaining(cause) });
  });

  it('fails at once where there is no hdfs', async () => {
    const node = await givenHdfs();
    node.remove('hadoop/bin');

    const { code } = await node.run('await-safe-mode-exit', { limitSeconds: '60' });

    expect(code).toBe(exitCodeOf('ToolMissing'));
  });
});
