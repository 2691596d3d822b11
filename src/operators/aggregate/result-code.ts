/** The results of an aggregate, a column at a time. */
import type { Column } from '../../model/column.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import { allocateCells, type CellColumn, cellsToColumn } from '../../state/cell-column.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import type { BoundAggregate } from './bound-aggregate.ts';
import { ColumnReads, columnForm, isWide } from './column-reads.ts';

type ResultCode = (cells: readonly Column[], length: number, values: unknown[], nulls: Uint8Array | null) => boolean;

/** Compiled per form of the cells. */
export class AggregateResult {
  readonly #aggregate: BoundAggregate;
  readonly #compiled = new Map<string, ResultCode>();

  constructor(aggregate: BoundAggregate) {
    this.#aggregate = aggregate;
  }

  /** Of `length` accumulators, all cells of the row given. Wide where a cell is wide or a result is beyond exact doubles. */
  column(cells: readonly CellColumn[], length: number): Column {
    const { firstCell, cells: own } = this.#aggregate;
    const mine = cells.slice(firstCell, firstCell + own.length);
    const wide = mine.some(isWide);
    return this.#run(mine, length, wide) ?? this.#run(mine, length, true)!;
  }

  #run(cells: readonly CellColumn[], length: number, wide: boolean): Column | null {
    const { type } = this.#aggregate.call;
    const form = `${wide}:${cells.map(columnForm).join()}`;
    let code = this.#compiled.get(form);
    if (code === undefined) {
      code = compileResult(this.#aggregate, cells, wide);
      this.#compiled.set(form, code);
    }
    const target = allocateCells({ type, initial: 0 }, length, wide);
    if (!code(cells, length, target.values as unknown[], target.nulls)) return null;
    return cellsToColumn(type, target, length);
  }
}

/** The code gives false when narrow results are not exact. */
function compileResult(aggregate: BoundAggregate, cells: readonly CellColumn[], wide: boolean): ResultCode {
  const implementation = wide ? aggregate.wide : aggregate.narrow;
  const builder = new CodeBuilder();
  builder.captureAs(implementation.helpers ?? {});
  const reads = new ColumnReads(builder, 'cells', cells);
  const names = aggregate.cells.map(() => builder.name('cell'));
  builder.line('for (let i = 0; i < length; i++) {');
  for (const [i, { type }] of aggregate.cells.entries()) {
    builder.line(`const ${names[i]} = ${reads.nullable(i, type, 'i', wide)};`);
  }
  builder.line(`const result = ${implementation.result(names)};`);
  builder.line(storeResult(aggregate.call.type, wide));
  builder.line('}\nreturn true;');
  return builder.build(`result${aggregate.call.name}`, ['cells', 'length', 'values', 'nulls']);
}

function storeResult(type: DataType, wide: boolean): string {
  const layout = layoutOf(type);
  if (layout === 'string' || layout === 'object') return 'values[i] = result;';
  const check = layout === 'int' && !wide ? 'if (!Number.isSafeInteger(result)) return false; ' : '';
  const store = `${check}values[i] = ${layout === 'bool' ? 'result ? 1 : 0' : 'result'};`;
  return type.nullable ? `if (result === null) nulls[i] = 1; else { ${store} }` : store;
}
