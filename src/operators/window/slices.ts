/**
 * Slices (Flink's SliceAssigners): non-overlapping pieces of wall time of which the windows consist, so that a row is added once however
 * many windows it is in. A slice and a window are named by their end, exclusive, in ms; starts are floored, also before 1970.
 */
import { EngineError } from '../../model/errors.ts';
import type { WindowDefinition } from '../../model/plan.ts';

export type SlicedWindow = Exclude<WindowDefinition, { kind: 'session' }>;

/** Flink's TimeWindow.getWindowStartWithOffset, with a floored remainder. */
export function windowStart(wallMs: number, offsetMs: number, sizeMs: number): number {
  return Math.floor((wallMs - offsetMs) / sizeMs) * sizeMs + offsetMs;
}

/** Throws EngineError UNSUPPORTED for what is not built of slices. */
export function slicedWindow(window: WindowDefinition): SlicedWindow {
  if (window.kind === 'session') {
    throw new EngineError('UNSUPPORTED', 'SESSION windows are not made of slices');
  }
  return window;
}

/** How windows that rows have already lie: each is a slice of its own, and its end is on this grid; of a session it may be anywhere. */
function attachedGrid(window: WindowDefinition): SlicedWindow {
  if (window.kind === 'session') return { kind: 'tumble', sizeMs: 1, offsetMs: 0 };
  return { kind: 'tumble', sizeMs: sliceMsOf(window), offsetMs: window.offsetMs };
}

export class Slices {
  readonly window: SlicedWindow;
  readonly sliceMs: number;
  readonly offsetMs: number;
  readonly #definition: WindowDefinition;

  /** `attached`: of rows that have their windows already. */
  constructor(definition: WindowDefinition, attached = false) {
    const window = attached ? attachedGrid(definition) : slicedWindow(definition);
    this.#definition = definition;
    this.window = window;
    this.offsetMs = window.offsetMs;
    this.sliceMs = sliceMsOf(window);
    if (window.sizeMs % this.sliceMs !== 0) {
      const part = window.kind === 'hop' ? 'slide' : 'step';
      throw new EngineError(
        'UNSUPPORTED',
        `${window.kind.toUpperCase()} aggregation: expected a size that is a multiple of the ${part}, got ${window.sizeMs} ms and ${this.sliceMs} ms`,
      );
    }
  }

  sliceEnd(wallMs: number): number {
    return windowStart(wallMs, this.offsetMs, this.sliceMs) + this.sliceMs;
  }

  /** NaN for a session: its end does not tell. */
  windowStart(windowEnd: number): number {
    const window = this.#definition;
    if (window.kind === 'session') return Number.NaN;
    if (window.kind !== 'cumulate') return windowEnd - window.sizeMs;
    return windowStart(windowEnd - 1, window.offsetMs, window.sizeMs);
  }

  /** The end of the last window that a slice is part of. */
  lastWindowEnd(sliceEnd: number): number {
    switch (this.window.kind) {
      case 'tumble':
        return sliceEnd;
      case 'hop':
        return sliceEnd + this.window.sizeMs - this.sliceMs;
      case 'cumulate':
        return this.windowStart(sliceEnd) + this.window.sizeMs;
    }
  }

  /** The end of the first slice of a window. */
  firstSliceEnd(windowEnd: number): number {
    return this.windowStart(windowEnd) + this.sliceMs;
  }
}

function sliceMsOf(window: SlicedWindow): number {
  switch (window.kind) {
    case 'tumble':
      return window.sizeMs;
    case 'hop':
      return window.slideMs;
    case 'cumulate':
      return window.stepMs;
  }
}
