import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const text = read('docs/guarantees.md');
const proofs = [...text.matchAll(/\[(test\/[^\]]+)\]\(\.\.\/([^)]+)\): “([^”]+)”/g)].map(([, file = '', link = '', title = '']) => ({
  file,
  link,
  title,
}));
/** Whether a file has the title of a test, between quotes of any kind. */
function hasTitle(file: string, title: string): boolean {
  const source = existsSync(new URL(`../../${file}`, import.meta.url)) ? read(file).replace(/\\(['"`])/g, '$1') : '';
  return ["'", '"', '`'].some((mark) => source.includes(mark + title + mark));
}

describe('the guarantees', () => {
  it('name tests that exist, by their path and title', () => {
    const gone = proofs.filter(({ file, link, title }) => file !== link || !hasTitle(file, title));

    expect(proofs.length).toBeGreaterThan(40);
    expect(gone, 'a test was renamed or removed: name in docs/guarantees.md what proves the promise now').toEqual([]);
  });

  it('are all those that the README gives', () => {
    const [, part = ''] = /^## What it guarantees$([\s\S]*?)^## Deploy$/m.exec(read('README.md')) ?? [];
    const promises = [...part.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, promise = '']) => promise);

    expect(promises.length).toBeGreaterThan(6);
    expect(
      promises.filter((promise) => !text.includes(`**${promise}**`)),
      'write a row of docs/guarantees.md, with its test',
    ).toEqual([]);
  });

  it('have a proof each, and say on what it ran', () => {
    const rows = [...text.matchAll(/^\|(.*)\| (.*) \| (.*) \|$/gm)].map(([, , proof = '', on = '']) => ({ proof, on }));
    const proven = rows.filter(({ proof }) => proof.startsWith('[test/'));

    expect(proven.length).toBe(proofs.length);
    expect(proven.filter(({ on }) => !/^(real|local|script|function|any)\b/.test(on))).toEqual([]);
  });

  it('say what is not promised', () => {
    const [, part = ''] = /^## What is not promised$([\s\S]*)/m.exec(text) ?? [];

    expect([...part.matchAll(/^- \*\*/gm)].length).toBeGreaterThan(8);
  });
});
