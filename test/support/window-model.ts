import type { WindowDefinition } from '../../src/model/plan.ts';
import { timeZone } from '../../src/model/time-zone.ts';

// Windows as one would explain them: every window of every row is a list of rows; nothing is shared, sliced or merged.

export type ModelRow = Readonly<{ key: string | null; time: number | null; value: number | null }>;
export type ModelEvent = Readonly<{ kind: 'row'; row: ModelRow }> | Readonly<{ kind: 'watermark'; watermark: number }>;
type ModelWindow = Readonly<{
  key: string | null;
  start: number;
  end: number;
  values: readonly (number | null)[];
}>;
export type ModelResult = Readonly<{ windows: readonly ModelWindow[]; late: number; nullRowtimes: number }>;

type SlicedDefinition = Exclude<WindowDefinition, { kind: 'session' }>;
type Window = Readonly<{ start: number; end: number }>;

function floor(time: number, size: number, offset: number): number {
  return Math.floor((time - offset) / size) * size + offset;
}

export function windowsOf(definition: SlicedDefinition, wall: number): Window[] {
  const { sizeMs, offsetMs } = definition;
  const windows: Window[] = [];
  switch (definition.kind) {
    case 'tumble':
      return [{ start: floor(wall, sizeMs, offsetMs), end: floor(wall, sizeMs, offsetMs) + sizeMs }];
    case 'hop':
      for (let start = floor(wall, definition.slideMs, offsetMs); start + sizeMs > wall; start -= definition.slideMs)
        windows.push({ start, end: start + sizeMs });
      return windows;
    case 'cumulate': {
      const start = floor(wall, sizeMs, offsetMs);
      for (let end = start + definition.stepMs; end <= start + sizeMs; end += definition.stepMs)
        if (end > wall) windows.push({ start, end });
      return windows;
    }
  }
}

const fireTimes = new Map<string, number>();

function fireTimeOf(end: number, zoneName: string | null): number {
  if (zoneName === null) return end - 1;
  const name = `${zoneName} ${end}`;
  const known = fireTimes.get(name) ?? searchFireTime(end, zoneName);
  fireTimes.set(name, known);
  return known;
}

/** The first instant from which on no instant has a wall time before `end`; by looking at each minute of the days around it. */
function searchFireTime(end: number, zoneName: string): number {
  const zone = timeZone(zoneName);
  const day = 86_400_000;
  let last = end - zone.offsetMs(end) - 2 * day;
  for (let instant = last; instant <= end - zone.offsetMs(end) + 2 * day; instant += 60_000)
    if (zone.toLocal(instant) <= end - 1) last = instant;
  while (zone.toLocal(last + 1) <= end - 1) last++;
  // Clocks put forward over the end: the window is complete when they are.
  return zone.toLocal(last) === end - 1 ? last : last + 1;
}

/** What fires at each watermark, what is late: a row is late when every one of its windows has fired. */
export function modelWindows(
  definition: SlicedDefinition,
  events: readonly ModelEvent[],
  zoneName: string | null = null,
): ModelResult {
  const open = new Map<string, { key: string | null; start: number; end: number; values: (number | null)[] }>();
  const windows: ModelWindow[] = [];
  let [watermark, late, nullRowtimes] = [-Infinity, 0, 0];
  for (const event of events) {
    if (event.kind === 'watermark') {
      watermark = Math.max(watermark, event.watermark);
      const fired = [...open].filter(([, { end }]) => fireTimeOf(end, zoneName) <= watermark);
      for (const [name, window] of fired.sort(([, a], [, b]) => a.end - b.end)) {
        windows.push(window);
        open.delete(name);
      }
      continue;
    }
    const { key, time, value } = event.row;
    if (time === null) {
      nullRowtimes++;
      continue;
    }
    const wall = zoneName === null ? time : timeZone(zoneName).toLocal(time);
    const still = windowsOf(definition, wall).filter(({ end }) => fireTimeOf(end, zoneName) > watermark);
    if (still.length === 0) late++;
    for (const { start, end } of still) {
      const name = JSON.stringify([key, start, end]);
      const window = open.get(name) ?? { key, start, end, values: [] };
      window.values.push(value);
      open.set(name, window);
    }
  }
  return { windows, late, nullRowtimes };
}
