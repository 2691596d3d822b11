/** Numbers for people. */

const units: readonly (readonly [number, string])[] = [
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
];

/** `1.23 M`, `950`. */
export function countText(value: number): string {
  const unit = units.find(([size]) => Math.abs(value) >= size);
  if (unit === undefined) return String(Math.round(value));
  return `${(value / unit[0]).toPrecision(3)}${unit[1]}`;
}

/** `1,234,567`. */
export function groupedText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 topic`, `1,200 topics`. */
export function countedText(value: number, noun: string): string {
  return `${groupedText(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const bytesUnits: readonly (readonly [number, string])[] = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
];

export function bytesText(value: number): string {
  const unit = bytesUnits.find(([size]) => value >= size);
  return unit === undefined ? `${Math.round(value)} B` : `${(value / unit[0]).toPrecision(3)} ${unit[1]}`;
}

/** `850 ms`, `12.3 s`, `3 min 05 s`, `2 h 04 min`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${two((ms / 1_000) % 60)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${two((ms / 60_000) % 60)} min`;
}
