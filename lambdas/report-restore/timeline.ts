import type { Report } from '../../model/report.ts';
import { duration } from '../quantities.ts';
import { html, type Markup } from './html.ts';

const ROW = 34;
const HEAD = 26;
const TICKS = 4;
/** In per cent; narrower bars could not be seen. */
const NARROWEST = 0.4;

/** A picture of when each step ran: as wide as the page, with text that does not shrink with it. */
export function timeline({ steps, seconds }: Pick<Report, 'steps' | 'seconds'>): Markup {
  const share = (part: number) => Math.min(100, (100 * part) / Math.max(seconds, 0.001));
  const percent = (value: number) => `${Number(value.toFixed(2))}%`;
  const height = HEAD + steps.length * ROW;
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => {
    const x = percent((100 * index) / TICKS);
    const line = html`<line x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${height}"/>`;
    // On a narrow page there is space for three labels.
    const anchor = ['start', '', 'middle', '', 'end'][index];
    const label = html`<text class="tick" x="${x}" y="12" text-anchor="${anchor ?? ''}">${duration((seconds * index) / TICKS)}</text>`;
    return anchor ? [line, label] : line;
  });
  const rows = steps.map(({ name, seconds: took, spans }, index) => {
    const y = HEAD + index * ROW;
    const from = share(spans[0]?.from ?? 0);
    const to = share(spans.at(-1)?.to ?? 0);
    // Text begins at its bar while there is space to the right of it, and else ends there.
    const [x, anchor] = from < 50 ? [from, 'start'] : [Math.max(to, from + NARROWEST), 'end'];
    const bars = spans.map(
      ({ from: begin, to: end, failed }) =>
        html`<rect class="${failed ? 'failed' : 'done'}" x="${percent(Math.min(share(begin), 100 - NARROWEST))}" width="${percent(Math.max(NARROWEST, share(end) - share(begin)))}" y="${y + 17}" height="9" rx="2"/>`,
    );
    return html`<g><text x="${percent(x)}" y="${y + 12}" text-anchor="${anchor}">${name} <tspan class="tick">${duration(took)}</tspan></text>${bars}</g>`;
  });
  return html`<svg role="img" aria-label="When each step ran" width="100%" height="${height}">${ticks}${rows}</svg>`;
}
