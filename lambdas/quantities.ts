/** `1,234,567` */
export function number(value: number): string {
  return value.toLocaleString('en');
}

/** `1 table`, `1,234 tables` */
export function count(value: number, what: string): string {
  return `${number(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** `2026-11-22 10:30:00 UTC` */
export function utc(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

/** `3 d 4 h`, `46 h`, `5 min`: at most two units, and days from the second on. */
export function duration(seconds: number): string {
  const days = seconds < 172_800 ? 0 : Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const units = [
    [days, 'd'],
    [Math.floor(rest / 3600), 'h'],
    [Math.floor(rest / 60) % 60, 'min'],
    [Math.floor(rest) % 60, 's'],
  ] as const;
  const first = units.findIndex(([value]) => value > 0);
  const shown = units.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(' ') || '0 s';
}
