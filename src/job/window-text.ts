/** Windows as text: `TUMBLE of 1 min`. */
import type { WindowDefinition } from '../model/plan.ts';
import { formatDuration } from '../sql/format-expression.ts';

export function windowText(window: WindowDefinition): string {
  if (window.kind === 'session') return `SESSION with a gap of ${formatDuration(window.gapMs)}`;
  const offset = window.offsetMs === 0 ? '' : ` offset ${formatDuration(window.offsetMs)}`;
  const size = formatDuration(window.sizeMs);
  switch (window.kind) {
    case 'tumble':
      return `TUMBLE of ${size}${offset}`;
    case 'hop':
      return `HOP of ${size} every ${formatDuration(window.slideMs)}${offset}`;
    case 'cumulate':
      return `CUMULATE to ${size} by ${formatDuration(window.stepMs)}${offset}`;
  }
}
