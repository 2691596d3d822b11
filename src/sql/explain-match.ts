/** Plans as text: MATCH_RECOGNIZE, as it was written but for names. */
import { expressionText } from '../functions/expression-text.ts';
import type { MatchExpression, MatchInput, MatchNode, MatchPattern, PatternTerm } from '../model/plan.ts';
import { formatDuration, formatName } from './format-expression.ts';

/** The operator, then its state. */
export function matchLines({ input, partition, time, order, pattern, fields }: MatchNode): string[] {
  const names = input.fields.map((field) => formatName(field.name));
  const name = (column: number): string => names[column]!;
  const sorted = order.map(({ column, descending }) => `${name(column)} ${descending ? 'DESC' : 'ASC'}`);
  const measures = pattern.measures.map(
    (measure, i) => `${formatMatch(measure, names)} AS ${formatName(fields[partition.length + i]!.name)}`,
  );
  const define = Object.entries(pattern.define).map(
    ([variable, when]) => `${formatName(variable)} AS ${formatMatch(when, names)}`,
  );
  const parts = [
    `partitionBy=[${partition.map(name).join(', ')}]`,
    `orderBy=[${[time === null ? 'processing time' : `${name(time)} ASC`, ...sorted].join(', ')}]`,
    `measures=[${measures.join(', ')}]`,
    'rowsPerMatch=[ONE ROW PER MATCH]',
    `after=[${formatSkip(pattern.skip)}]`,
    `pattern=[${formatTerm(pattern.root)}]`,
    ...(pattern.withinMs === null ? [] : [`within=[${formatDuration(pattern.withinMs)}]`]),
    `define=[${define.join(', ')}]`,
  ];
  const waiting = time === null ? '' : 'rows, until the watermark has passed them; ';
  return [`Match(${parts.join(', ')})`, `state: ${waiting}the rows of partial matches`];
}

export function formatSkip(skip: MatchPattern['skip']): string {
  switch (skip.to) {
    case 'past_last_row':
      return 'SKIP PAST LAST ROW';
    case 'next_row':
      return 'SKIP TO NEXT ROW';
    default:
      return `SKIP TO ${skip.to.toUpperCase()} ${formatName(skip.variable)}`;
  }
}

export function formatTerm(term: PatternTerm): string {
  if (term.kind === 'variable') return formatName(term.name);
  if (term.kind !== 'quantified') return term.terms.map(formatTerm).join(' ');
  const { min, max, greedy } = term;
  const isOptional = min === 0 && max === 1;
  const reluctant = greedy || isOptional || min === max ? '' : '?';
  return `${formatTerm(term.term)}${formatBounds(min, max)}${reluctant}`;
}

function formatBounds(min: number, max: number | null): string {
  if (max === null && min < 2) return min === 0 ? '*' : '+';
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max ?? ''}}`;
}

/** What is read of the rows stands in its place. `names` are those of the input's columns. */
export function formatMatch({ expression, inputs }: MatchExpression, names: readonly string[]): string {
  return expressionText(
    expression,
    inputs.map((input) => formatInput(input, names)),
  );
}

function formatInput(input: MatchInput, names: readonly string[]): string {
  switch (input.kind) {
    case 'navigation': {
      const { from, variable, offset, physical, column } = input;
      const place = `${from.toUpperCase()}(${qualified(variable, names[column]!)}, ${offset})`;
      if (physical === 0) return place;
      return `${physical < 0 ? 'PREV' : 'NEXT'}(${place}, ${Math.abs(physical)})`;
    }
    case 'aggregate': {
      const { call, args, variable } = input;
      const own = names.map((name) => qualified(variable, name));
      const list = args.length === 0 ? '*' : args.map((arg) => expressionText(arg, own)).join(', ');
      return `${call.name}(${call.distinct ? 'DISTINCT ' : ''}${list})`;
    }
    case 'rowtime':
      return 'MATCH_ROWTIME()';
    case 'proctime':
      return 'MATCH_PROCTIME()';
  }
}

function qualified(variable: string | null, column: string): string {
  return variable === null ? column : `${formatName(variable)}.${column}`;
}
