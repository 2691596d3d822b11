/** MATCH_RECOGNIZE: event patterns over the rows of each partition in the order of time. */
import type { Position } from '../../model/errors.ts';
import type { MatchExpression, MatchNode, SortColumn } from '../../model/plan.ts';
import type { OrderItem, SqlExpression, SqlMatch } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import { MatchExpressionBinder, type MatchSight } from './match-expression.ts';
import { bindPattern, bindSkip, bindWithin, checkVariable, variablesOf } from './match-pattern.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, plainField, type RelationField, Scope } from './scope.ts';

export function bindMatch(match: SqlMatch, { node: input, fields }: Relation, position: Position): Relation {
  if (match.allRows !== null) throw unsupported('ALL ROWS PER MATCH', match.allRows);
  if (match.subset !== null) throw unsupported('SUBSET', match.subset);
  if (!isInsertOnly(changelogOf(input))) {
    const hint = 'An aggregation over windows brings none.';
    throw sqlError('SQL_VALIDATION', 'MATCH_RECOGNIZE: expected rows that never change, got updates', position, hint);
  }
  const scope = new Scope(fields);
  const partition = match.partitionBy.map((key) => columnOf(key, scope, 'PARTITION BY'));
  const { time, order } = bindOrder(match.orderBy, scope, position);
  const root = bindPattern(match.pattern);
  const sight: MatchSight = { fields, variables: variablesOf(root), time };
  const measures = match.measures.map(({ expression }) => new MatchExpressionBinder(sight).measure(expression));
  const output = outputOf(
    match,
    partition.map((column) => fields[column]!),
    measures,
    position,
  );
  const node: MatchNode = {
    kind: 'match',
    input,
    partition,
    time,
    order,
    pattern: {
      root,
      variables: sight.variables,
      define: bindDefine(match.define, sight),
      measures,
      withinMs: bindWithin(match.within),
      skip: bindSkip(match.skip, sight.variables),
    },
    fields: fieldsOf(output),
  };
  return { node, fields: output };
}

function columnOf(expression: SqlExpression, scope: Scope, clause: string): number {
  const column = expression.kind === 'name' ? scope.resolve(expression.name) : null;
  if (column?.kind === 'column') return column.index;
  const hint = 'Compute it in a sub-query: FROM (SELECT …, f(x) AS y FROM t) MATCH_RECOGNIZE (…).';
  throw unsupported(`an expression in ${clause} of MATCH_RECOGNIZE`, expression.position, hint);
}

type Order = Readonly<{ time: number | null; order: readonly SortColumn[] }>;

function bindOrder(items: readonly OrderItem[], scope: Scope, position: Position): Order {
  const [first, ...rest] = items;
  if (first === undefined) {
    throw sqlError('SQL_VALIDATION', 'MATCH_RECOGNIZE: expected ORDER BY a time attribute', position);
  }
  const column = columnOf(first.expression, scope, 'ORDER BY');
  const { name, rowtime, proctime } = scope.fields[column]!;
  if (!rowtime && !proctime) {
    const hint = 'The first column has to be the one that WATERMARK FOR is about, or a PROCTIME().';
    throw sqlError('SQL_VALIDATION', `ORDER BY: '${name}' is no time attribute`, first.expression.position, hint);
  }
  if (first.descending) {
    throw sqlError('SQL_VALIDATION', 'ORDER BY: expected the time attribute ascending', first.expression.position);
  }
  const order = rest.map(({ expression, descending, nulls }) => ({
    column: columnOf(expression, scope, 'ORDER BY'),
    descending,
    nullsFirst: nulls === null ? !descending : nulls === 'first',
  }));
  return { time: rowtime ? column : null, order };
}

function bindDefine(define: SqlMatch['define'], sight: MatchSight): Record<string, MatchExpression> {
  const bound: Record<string, MatchExpression> = {};
  for (const { variable, condition } of define) {
    checkVariable(variable.name, sight.variables, variable.position);
    if (Object.hasOwn(bound, variable.name)) {
      throw sqlError('SQL_VALIDATION', `'${variable.name}' is defined twice`, variable.position);
    }
    bound[variable.name] = new MatchExpressionBinder(sight).condition(condition);
  }
  return bound;
}

/** The partition's columns, then the measures. MATCH_ROWTIME() and MATCH_PROCTIME() are time attributes. */
function outputOf(
  match: SqlMatch,
  partition: readonly RelationField[],
  measures: readonly MatchExpression[],
  position: Position,
): RelationField[] {
  const names = [...partition.map(({ name }) => name), ...match.measures.map(({ name }) => name.name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const at = match.measures.findLast(({ name }) => name.name === twice)?.name.position ?? position;
    throw sqlError('SQL_VALIDATION', `MATCH_RECOGNIZE: two columns are called '${twice}'`, at);
  }
  return [
    ...partition.map(({ name, type }) => plainField(name, type)),
    ...measures.map(({ expression, inputs }, i) => {
      const kind = expression.kind === 'column' ? inputs[expression.index]!.kind : null;
      const field = plainField(match.measures[i]!.name.name, expression.type);
      return { ...field, rowtime: kind === 'rowtime', proctime: kind === 'proctime' };
    }),
  ];
}
