/**
 * Rows that wait for the end of their window, by key: what window joins, window Top-N and window deduplication have in common. A row's window
 * is the one whose end (wall time, ms) is its column; it is late where that window has fired.
 */
import { keyText, type Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';
import { KeyedState } from '../../state/keyed-state.ts';
import { rowTimeMs } from '../rows/row-time.ts';

/** What a key holds of each window, by the window's end. */
export type Panes<P> = Map<number, P>;

/** How a pane is kept: it consists of rows of the input. */
export type PaneRows<P> = Readonly<{
  create: () => P;
  add: (pane: P, row: Row) => P;
  rows: (pane: P) => Iterable<Row>;
  clone: (pane: P) => P;
}>;

export class WindowPanes<P> {
  readonly state: KeyedState<Panes<P>>;
  readonly #keys: readonly number[];
  readonly #end: number;
  readonly #fields: readonly Field[];
  readonly #kind: PaneRows<P>;

  /** `keys`: of the input; where there are none the windows themselves are dealt out (job/operator-draft.ts) and are the key. */
  constructor(
    name: string,
    fields: readonly Field[],
    { keys, end }: Readonly<{ keys: readonly number[]; end: number }>,
    kind: PaneRows<P>,
  ) {
    this.#keys = keys.length > 0 ? keys : [end];
    this.#end = end;
    this.#fields = fields;
    this.#kind = kind;
    this.state = new KeyedState<Panes<P>>({
      name,
      keyFields: this.#keys.map((key) => fields[key]!),
      valueFields: fields,
      toRows: (panes) => this.#rowsOf(panes),
      fromRow: (panes, row) => this.#put(panes ?? new Map(), row),
      clone: (panes) => new Map(Array.from(panes, ([windowEnd, pane]) => [windowEnd, kind.clone(pane)])),
    });
  }

  windowEnd(row: Row): number {
    return rowTimeMs(row[this.#end]!, this.#fields[this.#end]!.type);
  }

  keyOf(row: Row): string {
    return keyText(row, this.#keys);
  }

  add(key: string, row: Row): void {
    const keyRow = this.#keys.map((column) => row[column]!);
    this.#put(
      this.state.update(key, keyRow, () => new Map()),
      row,
    );
  }

  /** The pane of a window, which then is no longer there. */
  take(key: string, windowEnd: number): P | undefined {
    const panes = this.state.get(key);
    const pane = panes?.get(windowEnd);
    if (panes === undefined || pane === undefined) return undefined;
    if (panes.size === 1) this.state.delete(key);
    else this.state.change(key)!.delete(windowEnd);
    return pane;
  }

  /** Each key's windows. */
  *ends(): Generator<readonly [key: string, windowEnd: number]> {
    for (const [key, , panes] of this.state.entries()) {
      for (const windowEnd of panes.keys()) yield [key, windowEnd];
    }
  }

  /** The windows of a key, the earliest first. */
  endsOf(key: string): number[] {
    return [...(this.state.get(key)?.keys() ?? [])].sort((a, b) => a - b);
  }

  #put(panes: Panes<P>, row: Row): Panes<P> {
    const windowEnd = this.windowEnd(row);
    return panes.set(windowEnd, this.#kind.add(panes.get(windowEnd) ?? this.#kind.create(), row));
  }

  *#rowsOf(panes: Panes<P>): Generator<Row> {
    for (const pane of panes.values()) yield* this.#kind.rows(pane);
  }
}

/** All rows in the order of their coming. */
export const paneOfRows: PaneRows<Row[]> = {
  create: () => [],
  add: (rows, row) => {
    rows.push(row);
    return rows;
  },
  rows: (rows) => rows,
  clone: (rows) => [...rows],
};
