/**
 * A pattern as an automaton: Flink's NFACompiler for sequences of variables without gaps between their rows. A state waits for a row; `take`
 * takes it for the state's variable, `proceed` lets another state look at the same row.
 */
import { assert } from '../../model/errors.ts';
import type { MatchPattern, PatternTerm } from '../../model/plan.ts';

/** The row has to fulfil `variable`'s condition (null: none) and none of `unless`. */
export type Guard = Readonly<{ variable: string | null; unless: readonly string[] }>;

export type Transition = Readonly<{ action: 'take' | 'proceed'; target: number; guard: Guard }>;

/** `variable` is null of the last state: who reaches it is a match. */
export type State = Readonly<{ variable: string | null; transitions: readonly Transition[] }>;

/** `states[final]` is the last state. */
export type Automaton = Readonly<{ states: readonly State[]; start: number }>;

export const finalState = 0;

type DraftState = { readonly variable: string | null; readonly transitions: Transition[] };

type Step = Readonly<{ variable: string; min: number; max: number | null; greedy: boolean }>;

const always: Guard = { variable: null, unless: [] };

export function compilePattern({ root }: MatchPattern): Automaton {
  const compiler = new Compiler();
  let sink = finalState;
  for (const step of stepsOf(root).reverse()) sink = compiler.add(step, sink);
  return { states: compiler.states, start: sink };
}

function stepsOf(term: PatternTerm): Step[] {
  if (term.kind === 'variable') return [{ variable: term.name, min: 1, max: 1, greedy: false }];
  if (term.kind === 'sequence') return term.terms.flatMap(stepsOf);
  assert(term.kind === 'quantified' && term.term.kind === 'variable', () => `a pattern with a ${term.kind}`);
  const { min, max, greedy } = term;
  return [{ variable: term.term.name, min, max, greedy }];
}

/** From the end to the beginning: a step is added before the state to which it leads. */
class Compiler {
  readonly states: DraftState[] = [{ variable: null, transitions: [] }];

  /** The state with which the step begins. */
  add(step: Step, sink: number): number {
    const { variable, min, max, greedy } = step;
    if (min === 0 && max === 1) return this.#single(variable, sink, sink);
    const least = Math.max(1, min);
    let next = sink;
    if (max === null) next = this.#loop(step, sink);
    else if (greedy && least !== max) this.#yieldTo(variable, sink);
    for (let i = least; i < (max ?? least); i++) next = this.#single(variable, next, sink);
    for (let i = 1; i < least; i++) next = this.#single(variable, next, null);
    return this.#single(variable, next, min === 0 ? sink : null);
  }

  /** One row; with `skip` the step may be over without it. */
  #single(variable: string, target: number, skip: number | null): number {
    const transitions: Transition[] = [{ action: 'take', target, guard: { variable, unless: [] } }];
    if (skip !== null) transitions.push({ action: 'proceed', target: skip, guard: always });
    return this.states.push({ variable, transitions }) - 1;
  }

  /** Any number of rows. */
  #loop({ variable, greedy }: Step, sink: number): number {
    const state = this.states.length;
    const proceed: Transition = { action: 'proceed', target: sink, guard: always };
    const take: Transition = { action: 'take', target: state, guard: { variable, unless: [] } };
    this.states.push({ variable, transitions: [proceed, take] });
    if (greedy) this.#yieldTo(variable, sink);
    return state;
  }

  /** Greed: what comes next takes only rows that the loop does not take. That is all of it: no row is given back. */
  #yieldTo(variable: string, state: number): void {
    const { transitions } = this.states[state]!;
    for (const [i, transition] of transitions.entries()) {
      const { guard } = transition;
      transitions[i] = { ...transition, guard: { ...guard, unless: [...guard.unless, variable] } };
    }
  }
}
