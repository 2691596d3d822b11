/**
 * Code that changes accumulator cells: adds a row's arguments or merges another accumulator. Cells are read into variables, changed by
 * the aggregate's own statements and written back. Narrow code stops before it writes an integer that is no longer exact.
 */
import type { AggregateImplementation } from '../../model/function.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import type { CodeBuilder } from '../codegen/code-builder.ts';
import { argumentNames, countsCode } from './argument-code.ts';
import type { BoundAggregate } from './bound-aggregate.ts';
import type { ColumnReads } from './column-reads.ts';

/** Where the code finds the cells: array names by the cell's place among all, and the index of the accumulator in them. */
export type CellPlace = Readonly<{
  values: (cell: number) => string;
  nulls: (cell: number) => string;
  index: string;
}>;

/**
 * How generated code stops at a row: `aggregate` is the one whose integers have to become wide first (those before it have seen the
 * row already), or −1. `first`: where the code for the rest of such a row goes on.
 */
export type Control = { aggregate: number; first: number };

const largest = '9007199254740991';

/** Whether a number is no longer exact, as an expression. */
export function inexactCode(name: string): string {
  return `!(${name} <= ${largest} && ${name} >= -${largest})`;
}

export class AccumulatorCode {
  readonly #builder: CodeBuilder;
  readonly #place: CellPlace;
  readonly #reads: ColumnReads;
  readonly #row: string;

  /** `row` names the index into the columns that `reads` reads; at overflow the code returns it. */
  constructor(builder: CodeBuilder, place: CellPlace, reads: ColumnReads, row: string) {
    this.#builder = builder;
    this.#place = place;
    this.#reads = reads;
    this.#row = row;
  }

  /** Adds the row's arguments; `number` is the aggregate's place in the list. */
  add(aggregate: BoundAggregate, number: number, wide: boolean): void {
    const row = this.#row;
    const counts = countsCode(aggregate, this.#reads, row);
    this.#builder.line(counts === '' ? '{' : `if (${counts}) {`);
    const args = argumentNames(this.#builder, aggregate, this.#reads, { row, wide });
    this.#update(aggregate, number, wide, (implementation, cells) => implementation.add(cells, args));
    this.#builder.line('}');
  }

  /** Merges the accumulator whose cells are the columns from `firstColumn` on. */
  merge(aggregate: BoundAggregate, number: number, wide: boolean, firstColumn: number): void {
    this.#builder.line('{');
    const other = aggregate.cells.map(({ type }, i) =>
      this.#named('other', this.#reads.nullable(firstColumn + i, type, this.#row, wide)),
    );
    this.#update(aggregate, number, wide, (implementation, cells) => implementation.merge(cells, other));
    this.#builder.line('}');
  }

  #named(prefix: string, value: string): string {
    const name = this.#builder.name(prefix);
    this.#builder.line(`const ${name} = ${value};`);
    return name;
  }

  /**
   * With one nullable cell there is a branch for NULL and one for a value: in each the variable has one type from the start, which keeps
   * doubles unboxed.
   */
  #update(
    aggregate: BoundAggregate,
    number: number,
    wide: boolean,
    statements: (implementation: AggregateImplementation, cells: readonly string[]) => string,
  ): void {
    const implementation = wide ? aggregate.wide : aggregate.narrow;
    for (const [name, helper] of Object.entries(implementation.helpers ?? {})) {
      this.#builder.line(`const ${name} = ${this.#builder.capture('helper', helper)};`);
    }
    const nullable = aggregate.cells.findIndex(hasNullFlags);
    const isSingle = nullable >= 0 && !aggregate.cells.some((cell, i) => i > nullable && hasNullFlags(cell));
    const body = (known: 'null' | 'value' | null): void => {
      const cells = aggregate.cells.map((_, i) => this.#load(aggregate, i, i === nullable ? known : null));
      this.#builder.line(statements(implementation, cells));
      if (!wide) this.#checkExact(aggregate, number, cells);
      for (const [i, cell] of cells.entries()) this.#store(aggregate, i, cell);
    };
    if (!isSingle) {
      body(null);
      return;
    }
    this.#builder.line(`if (${this.#nullFlag(aggregate.firstCell + nullable)} === 1) {`);
    body('null');
    this.#builder.line('} else {');
    body('value');
    this.#builder.line('}');
  }

  #load(aggregate: BoundAggregate, i: number, known: 'null' | 'value' | null): string {
    const name = this.#builder.name('cell');
    const { type } = aggregate.cells[i]!;
    const cell = aggregate.firstCell + i;
    let value = this.#slot(cell);
    if (layoutOf(type) === 'bool') value = `${value} === 1`;
    if (known === 'null') value = 'null';
    else if (known === null && hasNullFlags(aggregate.cells[i]!))
      value = `${this.#nullFlag(cell)} === 1 ? null : ${value}`;
    this.#builder.line(`let ${name} = ${value};`);
    return name;
  }

  #checkExact(aggregate: BoundAggregate, number: number, cells: readonly string[]): void {
    for (const [i, name] of cells.entries()) {
      if (layoutOf(aggregate.cells[i]!.type) !== 'int') continue;
      const inexact = inexactCode(name);
      const isInexact = hasNullFlags(aggregate.cells[i]!) ? `${name} !== null && ${inexact}` : inexact;
      this.#builder.line(`if (${isInexact}) { control.aggregate = ${number}; return ${this.#row}; }`);
    }
  }

  #store(aggregate: BoundAggregate, i: number, name: string): void {
    const { type } = aggregate.cells[i]!;
    const cell = aggregate.firstCell + i;
    const write = `${this.#slot(cell)} = ${layoutOf(type) === 'bool' ? `${name} ? 1 : 0` : name};`;
    if (!hasNullFlags(aggregate.cells[i]!)) this.#builder.line(write);
    else {
      const flag = this.#nullFlag(cell);
      this.#builder.line(`if (${name} === null) ${flag} = 1; else { ${flag} = 0; ${write} }`);
    }
  }

  #slot(cell: number): string {
    return `${this.#place.values(cell)}[${this.#place.index}]`;
  }

  #nullFlag(cell: number): string {
    return `${this.#place.nulls(cell)}[${this.#place.index}]`;
  }
}

/** Whether NULL is a flag beside the value; strings and nested values are null themselves (state/cell-column.ts). */
export function hasNullFlags({ type, initial }: Readonly<{ type: DataType; initial: number | null }>): boolean {
  const layout = layoutOf(type);
  return layout !== 'string' && layout !== 'object' && (type.nullable || initial === null);
}

type Step = 'rows' | 'rest';

/**
 * Runs code over rows [from, to), widening where it asks for it. `step('rows')` is the code for whole rows, `step('rest')` for what an
 * aggregate's overflow left of one. Returns `to`, or the row before which the code stopped for a reason of its own.
 */
export function runRows(
  from: number,
  to: number,
  control: Control,
  step: (step: Step, from: number, to: number) => number,
  widen: (aggregate: number) => void,
): number {
  for (;;) {
    control.aggregate = -1;
    const stop = step('rows', from, to);
    if (stop === to || control.aggregate < 0) return stop;
    while (control.aggregate >= 0) {
      control.first = control.aggregate;
      widen(control.first);
      control.aggregate = -1;
      step('rest', stop, stop + 1);
    }
    if (stop + 1 === to) return to;
    from = stop + 1;
  }
}
