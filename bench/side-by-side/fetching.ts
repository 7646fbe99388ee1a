import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, measure, run, type Taken } from './measure.ts';
import { BUCKET, OURS, type Peer } from './peers.ts';
import type { Program } from './programs.ts';
import { alternate } from './statistics.ts';
import type { Workplace } from './workplace.ts';

/** Fetches a directory of zeros back, by the nodes' program, which compares it with what was recorded, and by the AWS CLI, which does not. */
export async function fetchByAll(
  workplace: Workplace,
  ours: Peer,
  aws: Program,
  { directory, endpoint, rounds }: { directory: string; endpoint: string; rounds: number },
): Promise<ReadonlyMap<string, readonly Taken[]>> {
  await workplace.sink.clear();
  const shipped = await run(ours.command({ directory, prefix: 'fetched', endpoint }));
  const target = join(workplace.directory, 'fetched');
  const lines = shipped
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const list = lines.map(([bytes, , checksum, file = '']) => {
    const path = file.slice(directory.length + 1);
    return `${checksum} ${bytes} fetched/${path} ${join(target, path)}\n`;
  });
  const environment = { ...workplace.environment, AWS_ENDPOINT_URL: endpoint };
  const commands: [string, Command][] = [
    [OURS, { words: ['python3', '-IS', workplace.sender, 'fetch', BUCKET], environment, input: list.join('') }],
  ];
  if ('path' in aws) {
    const words = ['s3', 'cp', '--recursive', '--no-progress', '--endpoint-url', endpoint, `s3://${BUCKET}/fetched`, target];
    commands.push([`aws s3 cp, ${aws.version}`, { words: [aws.path, ...words], environment }]);
  }
  const taken = new Map<string, Taken[]>(commands.map(([name]) => [name, []]));
  await alternate(rounds, commands, async ([name, command]) => {
    mkdirSync(target);
    try {
      taken.get(name)?.push(await measure(command));
    } finally {
      rmSync(target, { recursive: true });
    }
  });
  return taken;
}
