import type { Figures } from './figures.ts';
import { cpuPerGibibyte, network } from './goals.ts';
import { OURS } from './peers.ts';
import { spread } from './statistics.ts';
import { figure } from './words.ts';

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly ours: boolean;
}

const WIDTH = 760;
const NAMES = 290;
const LINE = 24;
const HEAD = 44;

/** docs/benchmarks.svg: what shipping costs, and how long the end of a backup takes. */
export function drawPicture({ shipped, sealed }: Figures): string {
  const cpu = [...shipped.https].map(([name, runs]) => ({ name, value: spread(runs.map(cpuPerGibibyte)).median, ours: name === OURS }));
  const seconds = (runs: readonly { readonly seconds: number }[]) => spread(runs.map((run) => run.seconds)).median;
  const ends = sealed.flatMap(({ gibibytes, ours, theirs, peer, ...of }) => [
    { name: `${OURS}, ${gibibytes} GiB, ${network(of)}`, value: seconds(ours), ours: true },
    ...(theirs.length === 0 ? [] : [{ name: `${peer}, ${gibibytes} GiB`, value: seconds(theirs), ours: false }]),
  ]);
  const charts = [
    ['CPU seconds per GiB shipped over TLS', cpu],
    ['Seconds from the end of the native backup until it is in S3', ends],
  ] as const;
  let top = 0;
  const drawn = charts.map(([title, bars]) => {
    const group = `<g transform="translate(0 ${top})">${drawBars(title, bars)}</g>`;
    top += HEAD + LINE * bars.length;
    return group;
  });
  const size = `width="${WIDTH}" height="${top + 10}" viewBox="0 0 ${WIDTH} ${top + 10}"`;
  const style = 'text{font:13px sans-serif;fill:#222}.t{font-weight:bold}.o{fill:#1a7f5a}.p{fill:#9aa5b1}';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><title>What shipping a backup takes</title><style>${style}</style><rect width="100%" height="100%" fill="#fff"/>\n${drawn.join('\n')}\n</svg>\n`;
}

function drawBars(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ name, value, ours }, index) => {
    const [y, width] = [HEAD - 8 + LINE * index, Math.max(1, ((WIDTH - NAMES - 70) * value) / most)];
    const bar = `<rect class="${ours ? 'o' : 'p'}" x="${NAMES}" y="${y}" width="${width.toFixed(1)}" height="16"/>`;
    return `<text x="${NAMES - 8}" y="${y + 13}" text-anchor="end">${name}</text>${bar}<text x="${NAMES + width + 6}" y="${y + 13}">${figure(value)}</text>`;
  });
  return `<text class="t" x="10" y="22">${title}</text>\n${lines.join('\n')}`;
}
