import { number } from '../quantities.ts';

/** A heading and a numbered list; nothing for an empty one. */
export function list<T>(title: string, items: readonly T[], write: (item: T) => string): string {
  return items.length === 0 ? '' : `## ${title}\n\n${items.map((item, index) => `${index + 1}. ${write(item)}`).join('\n')}`;
}

/** A table whose first row is its head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Text in one line, of which nothing is taken for Markdown. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*[\]<|]/g, '\\$&');
}

/** `1.0 KiB (1,024 bytes)` */
export function size(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const exact = `${number(bytes)} bytes`;
  return power === 0 ? exact : `${(bytes / 1024 ** power).toFixed(1)} ${'KMGT'[power - 1]}iB (${exact})`;
}
