/** Calls of built-in functions: found by name, their arguments brought to the types that they take. */
import { overFunction } from '../../functions/over-functions.ts';
import { aggregateFunction, functionNames, scalarFunction } from '../../functions/registry.ts';
import { type UserFunction, userFunction } from '../../functions/user-registry.ts';
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import type { AggregateFunction, Argument, FunctionDefinition, Signature } from '../../model/function.ts';
import { nearest } from '../../model/options.ts';
import { at, sqlError, unsupported } from '../excerpt.ts';
import { coerce } from './coerce.ts';

export function bindCall(name: string, args: readonly Expression[], position: Position): Expression {
  const found = scalarFunction(name);
  if (found === undefined) throw unknownFunction(name, position);
  const { args: wanted, result } = infer(found, args, position);
  return { kind: 'call', name: found.name, args: coerceAll(args, wanted), type: result, position };
}

/** Types of a function for arguments. Its refusal gets the place of the call. */
export function infer(
  found: Pick<FunctionDefinition, 'infer'>,
  args: readonly Expression[],
  position: Position,
): Signature {
  return at(position, () => found.infer(args.map(argumentOf)));
}

export function coerceAll(args: readonly Expression[], wanted: Signature['args']): Expression[] {
  return args.map((arg, i) => coerce(arg, wanted[i]!));
}

function argumentOf(expression: Expression): Argument {
  const { type } = expression;
  return expression.kind === 'literal' ? { type, literal: expression.value } : { type };
}

export function isAggregate(name: string): boolean {
  return aggregateFunction(name) !== undefined;
}

export function aggregateNamed(name: string, position: Position): AggregateFunction {
  const found = aggregateFunction(name);
  if (found === undefined) throw noAggregate(name, position);
  return found;
}

/** Of a call with OVER, FILTER or DISTINCT, or in a place for aggregates. */
function noAggregate(name: string, position: Position): Error {
  if (scalarFunction(name) === undefined) return unknownFunction(name, position);
  return sqlError('SQL_VALIDATION', `${name} is no aggregate: it can't have OVER`, position);
}

function unknownFunction(name: string, position: Position): Error {
  const user = userFunction(name);
  if (user !== undefined) return misplaced(user, position);
  const upper = name.toUpperCase();
  if (overFunction(name) !== undefined) {
    return sqlError(
      'SQL_VALIDATION',
      `${upper}: expected OVER behind it`,
      position,
      `Write ${upper}(…) OVER (ORDER BY …).`,
    );
  }
  if (notBuilt.has(upper)) return unsupported(`the function ${upper}`, position);
  const near = nearest(
    upper,
    [...functionNames(), ...notBuilt].filter((known) => /^\w+$/.test(known)),
  );
  const hint = near === undefined ? 'SHOW FUNCTIONS lists them.' : `Did you mean ${near}?`;
  return sqlError('SQL_VALIDATION', `unknown function ${name}`, position, hint);
}

function misplaced({ module, definition }: UserFunction, position: Position): Error {
  const hint =
    definition.kind === 'table'
      ? `Write FROM t, LATERAL TABLE(${module.name}(…)).`
      : 'Aggregates stand in SELECT and HAVING of a query with GROUP BY.';
  const message = `${module.name} is a ${definition.kind} function: it can't stand here`;
  return sqlError('SQL_VALIDATION', message, position, hint);
}

/** Functions of Flink that Millrace may not have: where they are missing from the registry, that is said. */
const notBuilt: ReadonlySet<string> = new Set(
  `BITMAP_AND BITMAP_ANDNOT BITMAP_AND_AGG BITMAP_AND_CARDINALITY_AGG BITMAP_BUILD BITMAP_BUILD_AGG BITMAP_BUILD_CARDINALITY_AGG
BITMAP_CARDINALITY BITMAP_FROM_BYTES BITMAP_OR BITMAP_OR_AGG BITMAP_OR_CARDINALITY_AGG BITMAP_TO_ARRAY BITMAP_TO_BYTES BITMAP_TO_STRING
BITMAP_XOR BITMAP_XOR_AGG BITMAP_XOR_CARDINALITY_AGG ARRAY_AGG COLLECT CUME_DIST CUMULATE DENSE_RANK EXPLODE FIRST_VALUE GROUPING
GROUPING_ID GROUP_ID HOP_END HOP_PROCTIME HOP_ROWTIME HOP_START JSON_ARRAYAGG_ABSENT_ON_NULL JSON_ARRAYAGG_NULL_ON_NULL JSON_LENGTH
JSON_OBJECTAGG_ABSENT_ON_NULL JSON_OBJECTAGG_NULL_ON_NULL JSON_TYPE LAG LAST_VALUE LEAD LISTAGG MATCH_PROCTIME MATCH_ROWTIME ML_EVALUATE
ML_PREDICT NTILE OBJECT_OF OBJECT_UPDATE PARSE_JSON PERCENTILE PERCENT_RANK RANK ROW_NUMBER SESSION SESSION_END SESSION_PROCTIME
SESSION_ROWTIME SESSION_START SOURCE_WATERMARK STDDEV STDDEV_POP STDDEV_SAMP TRY_PARSE_JSON TUMBLE_END TUMBLE_PROCTIME TUMBLE_ROWTIME
TUMBLE_START UNNEST VARIANCE VAR_POP VAR_SAMP VECTOR_SEARCH`.split(/\s+/),
);
