import type { Scenario } from '../scenario.ts';
import { alterByte, openObjects } from '../storage.ts';

export const verify: Scenario = {
  name: 'verify',
  happens:
    'A backup is verified at all depths: as it was sealed, with an altered byte of RonDB, with one of a block, and without an object.',
  proves: 'What is damaged is found by the depth that promises it, by its name, and verifying changes nothing.',
  hopsworks: 'disks',
  async play(stage) {
    const { backupId } = await stage.backUp();
    const objects = openObjects(stage.pipeline);
    const files = await objects.keys(`drill/backups/${backupId}/rondb/node=2/`);
    const [data = '', control = ''] = ['.Data', '.ctl'].map((end) => files.find((key) => key.endsWith(end)));
    const [block = ''] = (await objects.keys('drill/blocks/')).filter((key) => !key.endsWith('.meta'));
    for (const depth of ['objects', 'bytes', 'database'] as const) await stage.verify(depth);

    for (const altered of [data, block]) {
      const repair = await alterByte(stage.pipeline, altered);
      await stage.verify('objects');
      expectNamed(await stage.findsDamage('bytes', 'ChecksumMismatch'), altered);
      await repair();
    }

    const content = await objects.get(control);
    await objects.remove(control);
    expectNamed(await stage.findsDamage('objects', 'ObjectMissing'), control);
    await objects.put(control, content);
    await stage.expectSame();
  },
};

function expectNamed(sentence: string, key: string): void {
  if (!sentence.includes(key)) throw new Error(`${key} was to be named: ${sentence}`);
}
