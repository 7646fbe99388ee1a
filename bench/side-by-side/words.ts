import type { Spread } from './statistics.ts';

/** What is measured now, for those who wait. */
export function say(what: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
}

/** Three digits that mean something. */
export function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** `0.41 (0.38-0.44)` */
export function withSpread({ median, least, most }: Spread, inWords: (value: number) => string = figure): string {
  return `${inWords(median)} (${inWords(least)}-${inWords(most)})`;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;

/** A table of Markdown; the first row is its head. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
