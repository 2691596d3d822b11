/** PATTERN, AFTER MATCH SKIP and WITHIN. What Flink's pattern library can't do is refused where it stands. */
import { literal } from '../../model/expression.ts';
import type { MatchPattern, PatternTerm } from '../../model/plan.ts';
import type { SqlExpression, SqlPattern, SqlSkip } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { bindLiteral } from './literal.ts';
import { suggestion } from './scope.ts';

type Quantified = Extract<SqlPattern, { kind: 'quantified' }>;

/** A sequence of variables, each with its quantifier or without. */
export function bindPattern(pattern: SqlPattern): PatternTerm {
  const terms = (pattern.kind === 'sequence' ? pattern.terms : [pattern]).flatMap((term) => stepsOf(term));
  const names = new Set<string>();
  for (const term of terms) {
    const variable = variableOf(term);
    const { name, position } = variable;
    if (names.has(name)) throw unsupported(`a second '${name}' in PATTERN`, position, 'Give it a name of its own.');
    names.add(name);
  }
  const last = terms.at(-1)!;
  if (last.kind === 'quantified' && isLoop(last)) {
    const hint = 'End the pattern with a plain variable or a reluctant quantifier: B+?';
    throw unsupported('a greedy quantifier at the end of PATTERN', last.position, hint);
  }
  if (terms.every((term) => term.kind === 'quantified' && term.min === 0)) {
    const hint = 'At least one variable has to be there in every match.';
    throw unsupported('a pattern that matches no rows at all', pattern.position, hint);
  }
  const bound = terms.map(termOf);
  return bound.length === 1 ? bound[0]! : { kind: 'sequence', terms: bound };
}

/** The variables of a pattern in the order of their use. */
export function variablesOf(term: PatternTerm): string[] {
  switch (term.kind) {
    case 'variable':
      return [term.name];
    case 'quantified':
      return variablesOf(term.term);
    default:
      return term.terms.flatMap(variablesOf);
  }
}

/** Parentheses around a plain sequence mean nothing. */
function stepsOf(term: SqlPattern): readonly SqlPattern[] {
  if (term.kind === 'group') return (term.term.kind === 'sequence' ? term.term.terms : [term.term]).flatMap(stepsOf);
  return term.kind === 'sequence' ? term.terms.flatMap(stepsOf) : [term];
}

function variableOf(term: SqlPattern): Extract<SqlPattern, { kind: 'variable' }> {
  const inner = term.kind === 'quantified' ? term.term : term;
  switch (inner.kind) {
    case 'variable':
      if (term.kind === 'quantified') checkQuantifier(term);
      return inner;
    case 'alternation':
      throw unsupported("an alternation '|' in PATTERN", inner.position);
    case 'permutation':
      throw unsupported('PERMUTE in PATTERN', inner.position);
    case 'exclusion':
      throw unsupported("an exclusion '{- -}' in PATTERN", inner.position);
    case 'anchor':
      throw unsupported(`the anchor '${inner.sign}' in PATTERN`, inner.position);
    default:
      throw unsupported('a quantifier of a group in PATTERN', inner.position);
  }
}

function checkQuantifier({ min, max, greedy, position }: Quantified): void {
  if (max !== null && (max === 0 || max < min)) {
    throw sqlError(
      'SQL_VALIDATION',
      `expected at least one row, and not fewer than ${min}, got {${min},${max}}`,
      position,
    );
  }
  if (!greedy && min === 0 && max === 1) throw unsupported('the reluctant quantifier ??', position);
}

/** Greed means something where there is a choice, and Flink's `?` has none. */
function isLoop({ min, max, greedy }: Quantified): boolean {
  return greedy && min !== max && !(min === 0 && max === 1);
}

function termOf(term: SqlPattern): PatternTerm {
  if (term.kind !== 'quantified') return { kind: 'variable', name: variableOf(term).name };
  const { min, max } = term;
  return {
    kind: 'quantified',
    term: { kind: 'variable', name: variableOf(term).name },
    min,
    max,
    greedy: isLoop(term),
  };
}

export function bindSkip(skip: SqlSkip | null, variables: readonly string[]): MatchPattern['skip'] {
  if (skip === null) return { to: 'next_row' };
  if (skip.to === 'past_last_row' || skip.to === 'next_row') return { to: skip.to };
  const { name, position } = skip.variable!;
  checkVariable(name, variables, position);
  return { to: skip.to, variable: name };
}

export function checkVariable(name: string, variables: readonly string[], position: SqlPattern['position']): void {
  if (variables.includes(name)) return;
  throw sqlError('SQL_VALIDATION', `PATTERN has no variable '${name}'`, position, suggestion(name, variables));
}

export function bindWithin(within: SqlExpression | null): number | null {
  if (within === null) return null;
  const bound =
    within.kind === 'literal'
      ? bindLiteral(within.literal, within.position)
      : literal(null, { kind: 'null', nullable: true });
  if (bound.type.kind !== 'interval_millis') {
    throw sqlError('SQL_VALIDATION', 'WITHIN: expected an interval of days to seconds', within.position);
  }
  const ms = Number(bound.value);
  if (ms < 0) throw sqlError('SQL_VALIDATION', 'WITHIN: expected an interval that is not negative', within.position);
  return ms;
}
