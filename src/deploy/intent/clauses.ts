/** A sentence's steps: pieces between commas, “then” and “and”, each with one verb. */
import type { Label, Span } from './labels.ts';

export type Clause = readonly Span[];

/** Labels of one kind, in order. */
export function labelsOf<K extends Label['kind']>(clause: Clause, kind: K): Extract<Label, { kind: K }>[] {
  return clause.map(({ label }) => label).filter((label) => label.kind === kind) as Extract<Label, { kind: K }>[];
}

export function hasMarker(clause: Clause, ...markers: readonly string[]): boolean {
  return labelsOf(clause, 'marker').some(({ marker }) => markers.includes(marker));
}

/** What is without a verb of its own belongs to what stands before it, or, at the beginning, after it. */
export function splitClauses(spans: readonly Span[]): readonly Clause[] {
  const clauses: Span[][] = [];
  let waiting: Span[] = []; // from the beginning, without a verb so far
  for (const piece of piecesOf(spans)) {
    if (isHeaded(piece)) {
      clauses.push([...waiting, ...piece]);
      waiting = [];
    } else if (clauses.length === 0) {
      waiting.push(...piece);
    } else {
      clauses.at(-1)!.push(...piece);
    }
  }
  return clauses.length === 0 ? [waiting] : clauses;
}

function piecesOf(spans: readonly Span[]): Span[][] {
  const pieces: Span[][] = [[]];
  for (const span of spans) {
    const { label } = span;
    const between = label.kind === 'separator' || (label.kind === 'marker' && /^(and|then)$/.test(label.marker));
    if (between) pieces.push([]);
    else pieces.at(-1)!.push(span);
  }
  return pieces.filter((piece) => piece.length > 0);
}

/** Whether it can be a step: a verb, a wanted state, a value to set, something to wait for. */
export function isHeaded(clause: Clause): boolean {
  const values = labelsOf(clause, 'parameter').length + labelsOf(clause, 'parallelism').length;
  return (
    labelsOf(clause, 'verb').length > 0 ||
    labelsOf(clause, 'until').length > 0 ||
    labelsOf(clause, 'unclear').length > 0 ||
    labelsOf(clause, 'quoted-order').length > 0 ||
    (labelsOf(clause, 'state').length > 0 && hasMarker(clause, 'request', 'question', 'why', 'polite', 'ask')) ||
    (values > 0 && hasMarker(clause, 'set')) ||
    hasMarker(clause, 'erase', 'why')
  );
}

/** Whether it asks. English question words only count where a clause begins: “the job that is running” asks nothing. */
export function isQuestion(clause: Clause, vietnamese: boolean): boolean {
  if (labelsOf(clause, 'question-mark').length > 0 && !isPolite(clause)) return true;
  if (hasMarker(clause, 'why', 'how-to')) return true;
  const first = clause.find(({ label }) => label.kind !== 'filler' && !isTell(label))?.label;
  if (first?.kind === 'marker' && first.marker === 'question') return true;
  return vietnamese && hasMarker(clause, 'question');
}

function isPolite(clause: Clause): boolean {
  return hasMarker(clause, 'polite', 'ask') && !hasMarker(clause, 'question', 'why', 'how-to');
}

function isTell(label: Label): boolean {
  return label.kind === 'marker' && label.marker === 'tell';
}
