/** Joins in FROM: what stands on their sides, and what ON, USING and NATURAL ask for. */
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression } from '../../model/expression.ts';
import type { SideTtls } from '../../model/plan.ts';
import type { FromItem, Identifier, SqlQuery } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { conjunctsOf } from './conjuncts.ts';
import { bindCorrelate, isCorrelated } from './correlate-binder.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { bindCall } from './function-call.ts';
import { type JoinTree, planTree, treeFields } from './join-tree.ts';
import type { LateralSide } from './lateral.ts';
import type { Relation } from './relation.ts';
import { select } from './relation.ts';
import { hiddenQualifier, type RelationField, Scope, suggestion } from './scope.ts';
import type { StateTtls } from './state-ttl.ts';
import { bindTemporal } from './temporal-binder.ts';

export type JoinItem = Extract<FromItem, { kind: 'join' }>;

export type ItemBinders = Readonly<{
  /** What is no join. */
  bind: (item: FromItem) => Relation;
  /** A query that may speak of `left`. */
  lateral: (query: SqlQuery, left: readonly RelationField[]) => LateralSide;
}>;

export function bindTree(item: FromItem, binders: ItemBinders, ttls: StateTtls): JoinTree {
  if (item.kind === 'join') return bindJoin(item, binders, ttls);
  if (isCorrelated(item)) return bindCorrelate(item, oneRow, { join: 'inner', on: null });
  return { kind: 'leaf', relation: binders.bind(isLateral(item) ? { ...item, lateral: false } : item) };
}

/** What a table function without a table stands on. */
const oneRow: JoinTree = { kind: 'leaf', relation: { node: { kind: 'values', rows: [[]], fields: [] }, fields: [] } };

type LateralItem = Extract<FromItem, { kind: 'subquery' }>;

function isLateral(item: FromItem): item is LateralItem {
  return item.kind === 'subquery' && item.lateral;
}

function bindJoin(item: JoinItem, binders: ItemBinders, ttls: StateTtls): JoinTree {
  checkCondition(item);
  const left = bindTree(item.left, binders, ttls);
  const { right } = item;
  if (isCorrelated(right)) return bindCorrelate(right, left, { join: dependentJoin(item), on: item.on });
  if (right.kind === 'table' && right.systemTime !== null) {
    const { on, using } = item;
    if (using !== null || item.natural)
      throw unsupported('USING in a temporal join', right.position, 'Write it with ON.');
    const asTable = binders.bind({ ...right, systemTime: null });
    return bindTemporal({
      right,
      relation: asTable,
      left,
      join: dependentJoin(item),
      on,
      systemTime: right.systemTime,
    });
  }
  if (isLateral(right)) return joinLateral(item, left, right, binders);
  const rightTree = bindTree(right, binders, ttls);
  refuseSameName(treeFields(left), treeFields(rightTree), right.position);
  const common = commonColumns(item, treeFields(left), treeFields(rightTree));
  const sides = { left, right: rightTree, ttls: sideTtls(ttls.get(item.left), ttls.get(right)) };
  return common === null ? joinOn(item, sides) : joinUsing(item, sides, common);
}

/** Two tables of one name could not be told apart. */
function refuseSameName(left: readonly RelationField[], right: readonly RelationField[], position: Position): void {
  const names = new Set(left.map(({ qualifier }) => qualifier));
  const twice = right.find(
    ({ qualifier }) => qualifier !== null && qualifier !== hiddenQualifier && names.has(qualifier),
  );
  if (twice === undefined) return;
  const hint = `Give one of them another name: AS ${twice.qualifier}2.`;
  throw sqlError('SQL_VALIDATION', `two tables are called '${twice.qualifier}' in FROM`, position, hint);
}

function checkCondition({ join, on, using, natural, right }: JoinItem): void {
  const hasCondition = on !== null || using !== null;
  if ((join === 'cross' || natural) && hasCondition) {
    const what = natural ? 'a NATURAL JOIN' : 'a CROSS JOIN';
    throw sqlError('SQL_VALIDATION', `${what} takes no condition`, right.position);
  }
  if (join === 'cross' || natural || hasCondition || isCorrelated(right) || isLateral(right)) return;
  const name = join === 'inner' ? 'JOIN' : `${join.toUpperCase()} JOIN`;
  throw sqlError(
    'SQL_VALIDATION',
    `${name}: expected ON or USING`,
    right.position,
    'Without a condition it is a CROSS JOIN.',
  );
}

/** A row for each left row can only be left out, not be there without it. */
function dependentJoin({ join, right }: JoinItem): 'inner' | 'left' {
  if (join === 'left') return 'left';
  if (join === 'inner' || join === 'cross') return 'inner';
  const what = `a ${join.toUpperCase()} JOIN with a right side that depends on the left one`;
  throw sqlError('SQL_VALIDATION', `${what} has no meaning`, right.position, 'Write an INNER JOIN or a LEFT JOIN.');
}

/** undefined: nothing is said of them. */
function sideTtls(left: number | undefined, right: number | undefined): SideTtls | undefined {
  return left === undefined && right === undefined ? undefined : { left, right };
}

type Sides = Pick<Extract<JoinTree, { kind: 'join' }>, 'left' | 'right' | 'ttls'>;

function joinOn({ join, on }: JoinItem, sides: Sides): JoinTree {
  const kind = join === 'cross' ? 'inner' : join;
  const scope = new Scope([...treeFields(sides.left), ...treeFields(sides.right)]);
  const condition = on === null ? null : new ExpressionBinder(scope).condition(on, 'ON');
  return { kind: 'join', join: kind, ...sides, conjuncts: conjunctsOf(condition) };
}

/** The keys stand behind the columns of the query, and out of sight. */
function joinLateral(item: JoinItem, left: JoinTree, right: LateralItem, binders: ItemBinders): JoinTree {
  if (item.using !== null || item.natural) {
    throw unsupported('USING with LATERAL', right.position, 'Write it with ON.');
  }
  const { relation, keys, conjuncts } = binders.lateral(right.query, treeFields(left));
  const width = relation.fields.length - keys;
  const { alias, columns, position } = right;
  if (columns !== null && columns.length !== width) {
    const message = `expected ${width} column names for '${alias!.name}', got ${columns.length}`;
    throw sqlError('SQL_VALIDATION', message, position);
  }
  const fields = relation.fields.map((field, i): RelationField => {
    if (i >= width) return { ...field, qualifier: hiddenQualifier };
    return { ...field, name: columns?.[i]?.name ?? field.name, qualifier: alias?.name ?? null };
  });
  refuseSameName(treeFields(left), fields, position);
  const side: JoinTree = { kind: 'leaf', relation: { node: relation.node, fields } };
  const on =
    item.on === null
      ? null
      : new ExpressionBinder(new Scope([...treeFields(left), ...fields])).condition(item.on, 'ON');
  return { kind: 'join', join: dependentJoin(item), left, right: side, conjuncts: [...conjuncts, ...conjunctsOf(on)] };
}

type CommonColumn = Readonly<{ name: string; left: number; right: number; position: Position }>;

/** Of USING and NATURAL; null: the join has neither. */
function commonColumns(
  { using, natural, right: { position } }: JoinItem,
  left: readonly RelationField[],
  right: readonly RelationField[],
): readonly CommonColumn[] | null {
  if (using !== null) {
    return using.map((column) => ({
      name: column.name,
      left: placeOf(column, left, 'left'),
      right: placeOf(column, right, 'right'),
      position: column.position,
    }));
  }
  if (!natural) return null;
  const shared = left.filter(({ name }) => right.some((field) => field.name === name)).map(({ name }) => name);
  return shared.map((name) => {
    const column = { name, position };
    return { ...column, left: placeOf(column, left, 'left'), right: placeOf(column, right, 'right') };
  });
}

function placeOf({ name, position }: Identifier, fields: readonly RelationField[], side: string): number {
  const places = fields.flatMap((field, index) => (field.name === name ? [index] : []));
  if (places.length === 1) return places[0]!;
  const known = fields.map((field) => field.name);
  const message = places.length === 0 ? `there is no column '${name}'` : `the column '${name}' is ambiguous`;
  throw sqlError('SQL_VALIDATION', `${message} on the ${side} of the join`, position, suggestion(name, known));
}

/** Common columns stand once, before all others; of a FULL JOIN the side counts that has a value. */
function joinUsing(item: JoinItem, sides: Sides, common: readonly CommonColumn[]): JoinTree {
  const [leftFields, rightFields] = [treeFields(sides.left), treeFields(sides.right)];
  const width = leftFields.length;
  const conjuncts = common.map(({ left: a, right: b, position }) =>
    bindCall('=', [columnRef(a, leftFields[a]!.type), columnRef(width + b, rightFields[b]!.type)], position),
  );
  const join = item.join === 'cross' ? 'inner' : item.join;
  const joined = planTree({ kind: 'join', join, ...sides, conjuncts }, []);
  const merged = common.map(({ left: a, right: b, position }): Expression => {
    const [ofLeft, ofRight] = [a, width + b].map((place) => columnRef(place, joined.fields[place]!.type));
    if (join === 'full') return bindCall('COALESCE', [ofLeft!, ofRight!], position);
    return join === 'right' ? ofRight! : ofLeft!;
  });
  const hidden = new Set(common.flatMap(({ left: a, right: b }) => [a, width + b]));
  const others = joined.fields.flatMap((field, index) => (hidden.has(index) ? [] : [{ field, index }]));
  const mergedFields = merged.map((expression, i): RelationField => {
    const { name, left: a, right: b } = common[i]!;
    const from = joined.fields[join === 'right' ? width + b : a]!;
    if (join !== 'full') return from;
    return { ...from, name, type: expression.type, qualifier: null, rowtime: false, proctime: false, window: null };
  });
  const relation = select(joined.node, {
    predicate: null,
    projections: [...merged, ...others.map(({ field, index }) => columnRef(index, field.type))],
    fields: [...mergedFields, ...others.map(({ field }) => field)],
  });
  return { kind: 'leaf', relation };
}
