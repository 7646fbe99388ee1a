import { writeSync } from 'node:fs';
import { openState } from './state.ts';
import { Ending } from './tool.ts';
import { tools } from './tools.ts';

// Called as: main <directory of the state> <the node it is called on> <name of the tool> <its arguments>…
const [directory = '', node, name = '', ...args] = process.argv.slice(2);

async function run(): Promise<void> {
  const tool = tools[name];
  if (tool === undefined) throw new Ending(127, `the stand-in has no program ${name}`);
  await tool(openState(directory, node), args, (text) => writeWhole(1, text));
}

/** Waits until a pipe has taken it all: a program that ends early must not lose what it has said. */
function writeWhole(stream: 1 | 2, text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(stream, rest));
}

run().catch((error: unknown) => {
  const [code, text] = error instanceof Ending ? [error.code, error.message] : [1, `${name}, a stand-in: ${error}`];
  if (text !== '') writeWhole(2, `${text}\n`);
  process.exitCode = code;
});
