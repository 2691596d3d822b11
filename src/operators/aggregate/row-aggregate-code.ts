/**
 * Code that adds a row (model/row.ts) to the cells of one aggregate, or takes it back. Narrow code runs first; where an integer is a bigint or
 * would no longer be exact, nothing has been written yet, and wide code takes the row.
 */
import { aggregateFunction } from '../../functions/registry.ts';
import type { BagForm } from '../../functions/value-bag.ts';
import { assert, EngineError } from '../../model/errors.ts';
import type { AccumulatorCell, AggregateImplementation, SessionContext, SqlValue } from '../../model/function.ts';
import type { AggregateCall } from '../../model/plan.ts';
import { type Row, rowInteger } from '../../model/row.ts';
import { type DataType, type Field, layoutOf } from '../../model/types.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { distinctBag } from './distinct-aggregate.ts';

type RowStep = (cells: SqlValue[], row: Row) => void;
type WideStep = (cells: SqlValue[], ...args: SqlValue[]) => void;

/** One aggregate over rows: its cells are those from `firstCell` on in an array with the cells of all. */
export type RowAggregate = Readonly<{
  cells: readonly AccumulatorCell[];
  add: RowStep;
  /** null where rows are never taken back. */
  retract: RowStep | null;
  result: (cells: readonly SqlValue[]) => SqlValue;
}>;

type Bound = Readonly<{
  call: AggregateCall;
  argTypes: readonly DataType[];
  handlesNulls: boolean;
  /** Of DISTINCT: the first cell, with every value that counts. */
  bag: BagForm | null;
  narrow: AggregateImplementation;
  /** null where narrow code takes bigints too. */
  wide: AggregateImplementation | null;
  /** Of the implementation, behind the bag. */
  firstCell: number;
}>;

type Kind = 'add' | 'retract';

/** `ignored`: rows that are taken back stay in. */
type Retraction = 'none' | 'ignored' | 'full';

const ignoreRow: RowStep = () => {};

/** Throws EngineError UNSUPPORTED for a function that can't take rows back where it has to. */
export function rowAggregate(
  call: AggregateCall,
  rowFields: readonly Field[],
  session: SessionContext,
  { retraction, firstCell }: Readonly<{ retraction: Retraction; firstCell: number }>,
): RowAggregate {
  const bound = bind(call, rowFields, session, { retract: retraction === 'full', firstCell });
  const { bag, narrow } = bound;
  const bagCell: AccumulatorCell[] = bag === null ? [] : [{ name: 'distinct', type: bag.type, initial: null }];
  return {
    cells: [...bagCell, ...narrow.cells],
    add: compileStep(bound, 'add'),
    retract: retraction === 'full' ? compileStep(bound, 'retract') : retraction === 'ignored' ? ignoreRow : null,
    result: compileResult(bound),
  };
}

function bind(
  call: AggregateCall,
  rowFields: readonly Field[],
  session: SessionContext,
  { retract, firstCell }: Readonly<{ retract: boolean; firstCell: number }>,
): Bound {
  const definition = aggregateFunction(call.name);
  if (definition === undefined) throw new EngineError('UNSUPPORTED', `the aggregate ${call.name} is not supported`);
  const argTypes = call.args.map((index) => rowFields[index]!.type);
  const args = argTypes.map((type) => ({ type }));
  const implement = (wide: boolean): AggregateImplementation =>
    definition.implement({ args, result: call.type, wide, session, retract });
  const narrow = implement(false);
  if (retract && narrow.retract === undefined) {
    throw new EngineError('UNSUPPORTED', `${call.name} over rows that change: it can't take a row back`);
  }
  const isDistinct = call.distinct && argTypes.length > 0 && !ignoresRepeats.has(definition.name);
  const bag = isDistinct ? distinctBag(argTypes) : null;
  const wide = narrow.integers === 'row' ? null : implement(true);
  const handlesNulls = definition.nulls === 'handled';
  return { call, argTypes, handlesNulls, bag, narrow, wide, firstCell: firstCell + (bag === null ? 0 : 1) };
}

/** The same with each value once. */
const ignoresRepeats: ReadonlySet<string> = new Set(['MIN', 'MAX']);

function compileStep(bound: Bound, kind: Kind): RowStep {
  const { call, argTypes, bag, handlesNulls } = bound;
  const builder = new CodeBuilder();
  const args = call.args.map((column) => {
    const name = builder.name('arg');
    builder.line(`const ${name} = row[${column}];`);
    return name;
  });
  const conditions = call.filter === null ? [] : [`row[${call.filter}] === true`];
  if (!handlesNulls) conditions.push(...args.map((arg) => `${arg} !== null`));
  if (conditions.length > 0) builder.line(`if (!(${conditions.join(' && ')})) return;`);
  if (bag !== null) addDistinct(builder, bag, bound.firstCell - 1, args, kind);
  if (bound.wide === null) {
    const cells = loadCells(builder, bound, bound.narrow, false);
    builder.captureAs(bound.narrow.helpers ?? {});
    builder.line(statements(bound.narrow, kind, cells, args));
    storeCells(builder, bound, cells, false);
  } else {
    const wide = builder.capture('wide', compileWide(bound, bound.wide, kind));
    const goWide = `{ ${wide}(${['cells', ...args].join(', ')}); return; }`;
    const integers = [...integerArgs(args, argTypes), ...integerCells(bound)];
    const isWide = integers.map((value) => `typeof ${value} === 'bigint'`);
    if (isWide.length > 0) builder.line(`if (${isWide.join(' || ')}) ${goWide}`);
    const cells = loadCells(builder, bound, bound.narrow, false);
    builder.captureAs(bound.narrow.helpers ?? {});
    builder.line(statements(bound.narrow, kind, cells, args));
    const inexact = cells.filter((_, i) => isInt(bound.narrow.cells[i]!.type)).map(isInexact);
    if (inexact.length > 0) builder.line(`if (${inexact.join(' || ')}) ${goWide}`);
    storeCells(builder, bound, cells, false);
  }
  return builder.build(`${kind}${call.name}`, ['cells', 'row']);
}

/** Goes on only where the value comes for the first time, or goes for the last. */
function addDistinct(builder: CodeBuilder, bag: BagForm, cell: number, args: readonly string[], kind: Kind): void {
  builder.captureAs(bag.helpers);
  const value = args.length === 1 ? args[0]! : `[${args.join(', ')}]`;
  const [change, expected] = kind === 'add' ? [1, 1] : [-1, 0];
  builder.line(`const bag = cells[${cell}] ??= new Map();`);
  builder.line(`if (${bag.add}(bag, ${value}, ${change}) !== ${expected}) return;`);
}

function compileWide(bound: Bound, wide: AggregateImplementation, kind: Kind): WideStep {
  const builder = new CodeBuilder();
  builder.captureAs(wide.helpers ?? {});
  const names = bound.argTypes.map(() => builder.name('arg'));
  const args = names.map((name, i) => {
    if (!isInt(bound.argTypes[i]!)) return name;
    const widened = builder.name('wide');
    builder.line(`const ${widened} = ${name} === null ? null : BigInt(${name});`);
    return widened;
  });
  const cells = loadCells(builder, bound, wide, true);
  builder.line(statements(wide, kind, cells, args));
  storeCells(builder, bound, cells, true);
  return builder.build(`${kind}Wide${bound.call.name}`, ['cells', ...names]);
}

function compileResult(bound: Bound): (cells: readonly SqlValue[]) => SqlValue {
  const { narrow, wide, call } = bound;
  const builder = new CodeBuilder();
  if (wide !== null) {
    const goWide = `return ${builder.capture('wide', compileWideResult(bound, wide))}(cells);`;
    const isWide = integerCells(bound).map((value) => `typeof ${value} === 'bigint'`);
    if (isWide.length > 0) builder.line(`if (${isWide.join(' || ')}) ${goWide}`);
    builder.captureAs(narrow.helpers ?? {});
    builder.line(`const result = ${narrow.result(loadCells(builder, bound, narrow, false))};`);
    if (isInt(call.type)) builder.line(`if (${isInexact('result')}) ${goWide}`);
    builder.line('return result;');
  } else {
    builder.captureAs(narrow.helpers ?? {});
    builder.line(`return ${narrow.result(loadCells(builder, bound, narrow, false))};`);
  }
  return builder.build(`result${call.name}`, ['cells']);
}

function compileWideResult(bound: Bound, wide: AggregateImplementation): (cells: readonly SqlValue[]) => SqlValue {
  const builder = new CodeBuilder();
  builder.captureAs({ ...wide.helpers, rowInteger });
  builder.line(`const result = ${wide.result(loadCells(builder, bound, wide, true))};`);
  builder.line(`return typeof result === 'bigint' ? rowInteger(result) : result;`);
  return builder.build(`resultWide${bound.call.name}`, ['cells']);
}

function statements(
  implementation: AggregateImplementation,
  kind: Kind,
  cells: readonly string[],
  args: readonly string[],
): string {
  const step = implementation[kind];
  assert(step !== undefined, () => `an aggregate without ${kind}`);
  return step(cells, args);
}

function loadCells(
  builder: CodeBuilder,
  { firstCell }: Bound,
  { cells }: AggregateImplementation,
  wide: boolean,
): string[] {
  return cells.map(({ type }, i) => {
    const name = builder.name('cell');
    const value = `cells[${firstCell + i}]`;
    builder.line(`let ${name} = ${wide && isInt(type) ? `${value} === null ? null : BigInt(${value})` : value};`);
    return name;
  });
}

function storeCells(builder: CodeBuilder, { firstCell, narrow }: Bound, names: readonly string[], wide: boolean): void {
  if (wide) builder.captureAs({ rowInteger });
  for (const [i, name] of names.entries()) {
    const exact = wide && isInt(narrow.cells[i]!.type) ? `${name} === null ? null : rowInteger(${name})` : name;
    builder.line(`cells[${firstCell + i}] = ${exact};`);
  }
}

function integerArgs(args: readonly string[], argTypes: readonly DataType[]): string[] {
  return args.filter((_, i) => isInt(argTypes[i]!));
}

function integerCells({ narrow, firstCell }: Bound): string[] {
  return narrow.cells.flatMap(({ type }, i) => (isInt(type) ? [`cells[${firstCell + i}]`] : []));
}

function isInexact(name: string): string {
  return `${name} !== null && !Number.isSafeInteger(${name})`;
}

function isInt(type: DataType): boolean {
  return layoutOf(type) === 'int';
}
