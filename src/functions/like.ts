/** LIKE patterns: `%` any characters, `_` one, an escape character before them takes them as they are. */
import { EngineError } from '../model/errors.ts';

const regexSpecials = /[\\^$.*+?()[\]{}|/]/;

/**
 * A test for a pattern; simple patterns without a regular expression. `mark` is the escape character, '' for none. As in Calcite's Like, `_`
 * is no line break but `%` may hold some.
 */
export function likeMatcher(pattern: string, mark: string): (text: string) => boolean {
  return simpleMatcher(pattern, mark) ?? regexMatcher(pattern, mark);
}

/** For `abc`, `abc%`, `%abc`, `%abc%`; null for another. */
function simpleMatcher(pattern: string, mark: string): ((text: string) => boolean) | null {
  if (pattern.includes('_') || (mark !== '' && pattern.includes(mark))) return null;
  const [start, end] = [pattern.startsWith('%'), pattern.length > 1 && pattern.endsWith('%')];
  const part = pattern.slice(start ? 1 : 0, end ? -1 : undefined);
  if (part.includes('%')) return null;
  if (start && end) return (text) => text.includes(part);
  if (start) return (text) => text.endsWith(part);
  return end ? (text) => text.startsWith(part) : (text) => text === part;
}

function regexMatcher(pattern: string, mark: string): (text: string) => boolean {
  let source = '';
  const points = [...pattern];
  for (let i = 0; i < points.length; i++) {
    let point = points[i]!;
    if (point === mark && mark !== '') {
      point = escapedPoint(points[++i], pattern, mark);
      source += regexSpecials.test(point) ? `\\${point}` : point;
    } else if (point === '%') source += '[^]*';
    else if (point === '_') source += '.';
    else source += regexSpecials.test(point) ? `\\${point}` : point;
  }
  const regex = new RegExp(`^${source}$`, 'u');
  return (text) => regex.test(text);
}

/** Only `%`, `_` and the escape itself may follow it. */
function escapedPoint(point: string | undefined, pattern: string, mark: string): string {
  if (point === '%' || point === '_' || point === mark) return point;
  throw new EngineError(
    'EVALUATION',
    `LIKE: expected %, _ or ${mark} behind the escape character ${mark} in the pattern '${pattern}'`,
  );
}
