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
  if (found === undefined) throw unknownFunction(name, position);
  return found;
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
  `ARRAY_AGG ARRAY_APPEND ARRAY_CONCAT ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_JOIN ARRAY_MAX ARRAY_MIN
ARRAY_POSITION ARRAY_PREPEND ARRAY_REMOVE ARRAY_REVERSE ARRAY_SLICE ARRAY_SORT ARRAY_UNION CARDINALITY COLLECT CUME_DIST CUMULATE
CURRENT_WATERMARK DENSE_RANK ELEMENT ELT EXPLODE FIRST_VALUE GROUPING GROUPING_ID GROUP_ID HOP_END HOP_PROCTIME HOP_ROWTIME HOP_START
JSON JSON_ARRAY JSON_ARRAYAGG JSON_EXISTS JSON_LENGTH JSON_OBJECT JSON_OBJECTAGG JSON_QUERY JSON_QUOTE JSON_STRING JSON_UNQUOTE JSON_VALUE
LAG LAST_VALUE LEAD LISTAGG MAP_ENTRIES MAP_FROM_ARRAYS MAP_FROM_ENTRIES MAP_KEYS MAP_UNION MAP_VALUES MATCH_PROCTIME MATCH_ROWTIME
ML_PREDICT NTILE PARSE_JSON PERCENTILE PERCENT_RANK PROCTIME RANK REGEXP_COUNT REGEXP_EXTRACT_ALL REGEXP_INSTR REGEXP_SUBSTR ROW_NUMBER
SESSION SESSION_END SESSION_PROCTIME SESSION_ROWTIME SESSION_START SPLIT STDDEV STDDEV_POP STDDEV_SAMP STR_TO_MAP TUMBLE_END
TUMBLE_PROCTIME TUMBLE_ROWTIME TUMBLE_START TYPEOF UNNEST URL_DECODE URL_ENCODE VARIANCE VAR_POP VAR_SAMP`.split(/\s+/),
);
