/** UNNEST and table functions beside a table: rows made of each of its rows. */
import { tableFunction } from '../../functions/registry.ts';
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import { nearest } from '../../model/options.ts';
import type { CorrelateNode, TableFunctionCall } from '../../model/plan.ts';
import { type DataType, type Field, formatType, types, withNullable } from '../../model/types.ts';
import type { FromItem, FunctionArgument, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { changelogFunctions, isChangelogFunction } from './changelog-function.ts';
import { conjunctionOf, conjunctsOf } from './conjuncts.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { coerceAll, infer } from './function-call.ts';
import { type JoinTree, treeFields } from './join-tree.ts';
import { joinedFields } from './joined-fields.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, plainField, type RelationField, Scope } from './scope.ts';
import { windowFunctions, windowKind } from './window-function.ts';

type CorrelatedItem = Extract<FromItem, { kind: 'unnest' | 'function' }>;

/** Whether a function of FROM may speak of what stands on its left. Functions of a whole table don't. */
export function isCorrelated(item: FromItem): item is CorrelatedItem {
  if (item.kind === 'unnest') return true;
  if (item.kind !== 'function' || isChangelogFunction(item.name.name)) return false;
  return item.lateral || windowKind(item.name.name) === null;
}

export function bindCorrelate(
  item: CorrelatedItem,
  left: JoinTree,
  { join, on }: Readonly<{ join: 'inner' | 'left'; on: SqlExpression | null }>,
): JoinTree {
  const leftFields = treeFields(left);
  const call = item.kind === 'unnest' ? bindUnnest(item, leftFields) : bindFunction(item, leftFields);
  const made = namedColumns(call.fields, item);
  const fields = joinedFields(join, leftFields, made);
  const bound = on === null ? null : new ExpressionBinder(new Scope(fields)).condition(on, 'ON');
  const condition = conjunctionOf(conjunctsOf(bound));
  if (join === 'left' && condition !== null) {
    throw unsupported(
      'a LEFT JOIN with a table function ON anything but TRUE',
      on!.position,
      'Put the condition into WHERE.',
    );
  }
  const plan = (input: Relation): Relation => {
    const current = joinedFields(join, input.fields, made);
    const base = { kind: 'correlate', input: input.node, join, function: call, condition } as const;
    const node: CorrelateNode = { ...base, fields: fieldsOf(current) };
    return { node, fields: current };
  };
  return { kind: 'dependent', left, fields, plan };
}

function namedColumns(fields: readonly Field[], { kind, alias, columns, position }: CorrelatedItem): RelationField[] {
  if (columns !== null && columns.length !== fields.length) {
    const message = `expected ${fields.length} column names for '${alias!.name}', got ${columns.length}`;
    throw sqlError('SQL_VALIDATION', message, position);
  }
  // As in Calcite, the only column of UNNEST goes by the alias.
  const only = kind === 'unnest' && fields.length === 1 ? alias?.name : undefined;
  return fields.map(({ name, type }, i) => plainField(columns?.[i]?.name ?? only ?? name, type, alias?.name ?? null));
}

function bindUnnest(
  { expression, ordinality }: Extract<FromItem, { kind: 'unnest' }>,
  left: readonly RelationField[],
): TableFunctionCall {
  const collection = new ExpressionBinder(new Scope(left)).bind(expression);
  const fields = elementFields(collection, expression);
  const numbered: readonly Field[] = ordinality
    ? [...fields, { name: 'ORDINALITY', type: types.of('int', false) }]
    : fields;
  return { kind: 'unnest', collection, ordinality, fields: numbered };
}

/** A ROW gives its fields, a MAP key and value, all else one column. */
function elementFields({ type }: Expression, { position }: SqlExpression): readonly Field[] {
  if (type.kind === 'map') {
    return [
      { name: 'KEY', type: type.key },
      { name: 'VALUE', type: type.value },
    ];
  }
  if (type.kind === 'array' || type.kind === 'multiset') return columnsOfRow(type.element);
  const got = formatType(withNullable(type, true));
  throw sqlError('SQL_VALIDATION', `UNNEST: expected an ARRAY, MAP or MULTISET, got a value of ${got}`, position);
}

function columnsOfRow(element: DataType): readonly Field[] {
  if (element.kind !== 'row') return [{ name: 'EXPR$0', type: element }];
  return element.fields.map(({ name, type }) => ({
    name,
    type: withNullable(type, type.nullable || element.nullable),
  }));
}

function bindFunction(
  { name, args, position }: Extract<FromItem, { kind: 'function' }>,
  left: readonly RelationField[],
): TableFunctionCall {
  const found = tableFunction(name.name);
  if (found === undefined) throw unknownFunction(name.name.toUpperCase(), position);
  const binder = new ExpressionBinder(new Scope(left));
  const bound = args.map((arg) => binder.bind(argumentValue(arg)));
  const { args: wanted, result } = infer(found, bound, position);
  return { kind: 'user', name: found.name, args: coerceAll(bound, wanted), fields: columnsOfRow(result) };
}

function unknownFunction(name: string, position: Position): Error {
  const near = nearest(name, [...windowFunctions, ...changelogFunctions]);
  if (near === undefined) return unsupported(`the table function ${name}`, position);
  return sqlError('SQL_VALIDATION', `unknown table function ${name}`, position, `Did you mean ${near}?`);
}

function argumentValue(argument: FunctionArgument): SqlExpression {
  if (argument.kind === 'expression' && argument.parameter === null) return argument.expression;
  throw sqlError('SQL_VALIDATION', 'expected a value', argument.position);
}
