/** The windows of a row that no slices are kept for. */
import { type SlicedWindow, windowStart } from './slices.ts';

/** The windows of a wall time, in Flink's order: of HOP the latest first, of CUMULATE the shortest first. */
export function forEachWindow(window: SlicedWindow, wallMs: number, add: (start: number, end: number) => void): void {
  const { sizeMs, offsetMs } = window;
  switch (window.kind) {
    case 'tumble': {
      const start = windowStart(wallMs, offsetMs, sizeMs);
      add(start, start + sizeMs);
      return;
    }
    case 'hop': {
      const last = windowStart(wallMs, offsetMs, window.slideMs);
      for (let start = last; start > wallMs - sizeMs; start -= window.slideMs) add(start, start + sizeMs);
      return;
    }
    case 'cumulate': {
      const start = windowStart(wallMs, offsetMs, sizeMs);
      const first = windowStart(wallMs, offsetMs, window.stepMs) + window.stepMs;
      for (let end = first; end <= start + sizeMs; end += window.stepMs) add(start, end);
      return;
    }
  }
}
