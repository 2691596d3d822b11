/** The regular expressions of SQL's SIMILAR TO. */
import { evaluationError } from './failure.ts';

/** A test for a pattern, which has to match the whole. `mark` is the escape character, '' for none. */
export function similarMatcher(pattern: string, mark: string): (text: string) => boolean {
  let source = '';
  let inClass = false;
  const points = [...pattern];
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!;
    if (point === mark && mark !== '') source += literally(points[++i], pattern);
    else if (point === '[' || point === ']') {
      inClass = point === '[';
      source += point;
    } else source += inClass ? inClassSource(point, pattern) : outsideSource(point, pattern);
  }
  try {
    const regexp = new RegExp(`^(?:${source})$`, 'u');
    return (text) => regexp.test(text);
  } catch (cause) {
    throw evaluationError(`SIMILAR TO: '${pattern}' is no pattern (${(cause as Error).message})`);
  }
}

function outsideSource(point: string, pattern: string): string {
  if (point === '%') return '[^]*';
  if (point === '_') return '[^]';
  return '|*+?{}()'.includes(point) ? point : literally(point, pattern);
}

function inClassSource(point: string, pattern: string): string {
  return point === '^' || point === '-' ? point : literally(point, pattern);
}

function literally(point: string | undefined, pattern: string): string {
  if (point === undefined) throw evaluationError(`SIMILAR TO: nothing is behind the escape character in '${pattern}'`);
  return /[\\^$.*+?()[\]{}|/-]/.test(point) ? `\\${point}` : point;
}
