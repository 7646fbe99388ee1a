// Measures how the nodes ship and fetch backups beside everything else that could, and writes docs/benchmarks.md and its picture.
// BENCH=quick is a smoke test: it prints the page and writes nothing. See options.ts for what else can be chosen.
import { writeFileSync } from 'node:fs';
import { measureAll } from './measure-all.ts';
import { readOptions } from './options.ts';
import { writePage } from './page.ts';
import { drawPicture } from './picture.ts';

// Ctrl-C ends the program that is being measured; that fails the run, which then cleans up.
process.on('SIGINT', () => undefined);

const options = readOptions(process.env);
const figures = await measureAll(options);
const page = writePage(figures);
const picture = drawPicture(figures);
if (options.quick) console.log(page);
else {
  const docs = new URL('../../docs/', import.meta.url);
  writeFileSync(new URL('benchmarks.md', docs), page);
  writeFileSync(new URL('benchmarks.svg', docs), picture);
}
