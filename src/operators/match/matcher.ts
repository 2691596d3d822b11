/**
 * Runs the automaton over the rows of one partition, one after another: Flink's NFA. Every partial match sees every row; a match is given
 * out when no partial match that began before it is left, and then makes others void.
 */
import type { MatchPattern } from '../../model/plan.ts';
import { type Automaton, compilePattern, finalState, type Guard, type Transition } from './automaton.ts';
import { compareStarts, type MatchEvent, type MatchHeap, matchHeap, type PartialMatch } from './partial-match.ts';
import { voidedBy } from './skip.ts';

/** Whether a row would be right for a variable after what a partial match has taken. */
export type Decide = (variable: string, partial: PartialMatch, event: MatchEvent) => boolean;

/** What is kept of a partition between two rows. */
export type Matches = { partial: MatchHeap; completed: MatchHeap };

export class Matcher {
  readonly #automaton: Automaton;
  readonly #withinMs: number;
  readonly #skip: MatchPattern['skip'];
  readonly #decide: Decide;

  constructor(pattern: MatchPattern, decide: Decide) {
    this.#automaton = compilePattern(pattern);
    this.#withinMs = pattern.withinMs ?? 0;
    this.#skip = pattern.skip;
    this.#decide = decide;
  }

  create(): Matches {
    return { partial: matchHeap([this.#beginning()]), completed: matchHeap() };
  }

  /** Nothing but the beginning is left. */
  isIdle({ partial, completed }: Matches): boolean {
    return completed.first === undefined && partial.items.every(({ start }) => start === null);
  }

  /** The matches that are complete with this row, or wait no longer. */
  process(matches: Matches, event: MatchEvent): PartialMatch[] {
    const next = matchHeap();
    const found = matchHeap();
    for (const partial of matches.partial.items) {
      for (const follower of this.#followers(partial, event)) {
        (follower.state === finalState ? found : next).push(follower);
      }
    }
    return this.#release(matches, next, found);
  }

  /** Drops what began too long ago. Matches that waited for it are given out. */
  advance(matches: Matches, timeMs: number): PartialMatch[] {
    if (this.#withinMs === 0) return [];
    const next = matchHeap();
    for (const partial of matches.partial.items) {
      if (partial.start === null || timeMs - partial.start.timeMs < this.#withinMs) next.push(partial);
    }
    return this.#release(matches, next, matchHeap());
  }

  /** When `advance` would drop what begins now; Infinity: never. */
  deadline(timeMs: number): number {
    return this.#withinMs === 0 ? Infinity : timeMs + this.#withinMs;
  }

  #release(matches: Matches, partial: MatchHeap, found: MatchHeap): PartialMatch[] {
    const { completed } = matches;
    for (const match of found.items) completed.push(match);
    const released: PartialMatch[] = [];
    matches.partial = partial;
    for (;;) {
      const { first } = completed;
      if (first === undefined || (partial.first !== undefined && compareStarts(first, partial.first) > 0)) break;
      completed.shift();
      const isVoid = voidedBy(first, this.#skip);
      for (const heap of [partial, completed]) {
        heap.removeAll(({ start }) => start !== null && isVoid(start.sequence));
      }
      released.push(first);
    }
    return released;
  }

  #beginning(): PartialMatch {
    return { state: this.#automaton.start, start: null, last: null };
  }

  /** What becomes of a partial match by a row; the beginning stays beside what it begins. */
  #followers(partial: PartialMatch, event: MatchEvent): PartialMatch[] {
    const followers: PartialMatch[] = [];
    for (const [variable, target] of this.#takes(partial, event)) {
      const start = partial.start ?? event;
      const last = { event, variable, previous: partial.last };
      followers.push({ state: target, start, last });
      if (this.#endsAt(target, partial, event)) followers.push({ state: finalState, start, last });
    }
    if (partial.start === null) followers.push(this.#beginning());
    return followers;
  }

  /** The variables that may take the row, with the states that follow. */
  #takes(partial: PartialMatch, event: MatchEvent): (readonly [variable: string, target: number])[] {
    const { states } = this.#automaton;
    const taken: (readonly [string, number])[] = [];
    const pending = [partial.state];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      const { variable, transitions } = states[state]!;
      for (const transition of transitions) {
        if (!this.#passes(transition, partial, event)) continue;
        if (transition.action === 'proceed') pending.push(transition.target);
        else taken.push([variable!, transition.target]);
      }
    }
    return taken;
  }

  /** Whether nothing more is needed after the row: a way to the end without taking one. As in Flink, greed looks at the row just taken. */
  #endsAt(target: number, partial: PartialMatch, event: MatchEvent): boolean {
    const { states } = this.#automaton;
    const pending = [target];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      for (const transition of states[state]!.transitions) {
        if (transition.action !== 'proceed' || !this.#passes(transition, partial, event)) continue;
        if (transition.target === finalState) return true;
        pending.push(transition.target);
      }
    }
    return false;
  }

  #passes({ guard }: Transition, partial: PartialMatch, event: MatchEvent): boolean {
    const { variable, unless }: Guard = guard;
    if (variable !== null && !this.#decide(variable, partial, event)) return false;
    return unless.every((other) => !this.#decide(other, partial, event));
  }
}
