/**
 * MATCH_RECOGNIZE. Rows wait until the watermark has passed them; then those of a partition are matched in the order of their time, of equal
 * times by the further ORDER BY, then as they came. In processing time rows are matched as they come.
 */
import { type Fate, fate } from '../../model/account.ts';
import type { MatchSpec } from '../../model/job-graph.ts';
import { keyText, type Row } from '../../model/row.ts';
import type { DataType } from '../../model/types.ts';
import { KeyedState } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowOrder } from '../rows/row-order.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { Timers } from '../rows/timers.ts';
import { MatchRows } from './match-rows.ts';
import { addWaiting, assemble, matchTable, type PartitionState, partitionState } from './match-state.ts';
import { MatchValue, type MatchValueContext } from './match-value.ts';
import { Matcher } from './matcher.ts';
import type { PartialMatch } from './partial-match.ts';

export class MatchOperator extends RowOperator {
  readonly #spec: MatchSpec;
  readonly #timers = new Timers();
  #state!: KeyedState<PartitionState>;
  #matcher!: Matcher;
  #measures!: readonly MatchValue[];

  constructor(spec: MatchSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
  }

  protected override opened(): void {
    const { partition, pattern, inputFields } = this.#spec;
    const values: MatchValueContext = { fields: inputFields, time: this.#timeType(), session: this.ctx.session };
    const keyFields = partition.map((column) => inputFields[column]!);
    this.#state = new KeyedState(matchTable({ keyFields, rowFields: inputFields, variables: pattern.variables }));
    this.#measures = pattern.measures.map((measure) => new MatchValue(measure, values));
    const conditions = new Map(
      Object.entries(pattern.define).map(([name, when]) => [name, new MatchValue(when, values)]),
    );
    this.#matcher = new Matcher(pattern, (variable, { last }, { row, timeMs }) => {
      const condition = conditions.get(variable);
      return condition === undefined || condition.evaluate(new MatchRows(last, { variable, row }, timeMs)) === true;
    });
  }

  protected override states(): readonly KeyedState<never>[] {
    return [this.#state as unknown as KeyedState<never>];
  }

  protected override row(_change: number, row: Row): Fate {
    const { partition, time, order } = this.#spec;
    const key = keyText(row, partition);
    const timeMs = time === null ? this.ctx.session.now() : rowTimeMs(row[time]!, this.#timeType()!);
    if (time !== null && timeMs <= this.watermark) {
      return fate.late;
    }
    const keyRow = partition.map((column) => row[column]!);
    const state = this.#state.update(key, keyRow, () => partitionState(this.#matcher.create()));
    addWaiting(state, timeMs, row);
    if (time === null && order.length === 0) this.#run(key, timeMs);
    else this.#timers.add(timeMs, key);
    return fate.used;
  }

  protected override advance(watermark: number): void {
    if (this.#spec.time !== null) this.#timers.advance(watermark, (key) => this.#run(key, watermark));
  }

  /** Rows of one instant wait until it is over: there is an order among them. */
  processTime(nowMs: number): void {
    if (this.#spec.time !== null) return;
    this.finishRestore();
    this.#timers.advance(nowMs - 1, (key) => this.#run(key, nowMs));
    this.output.flush();
  }

  protected override restored(): void {
    const { variables } = this.#spec.pattern;
    for (const [text, key, gathered] of [...this.#state.entries()]) {
      const state = assemble(gathered, variables);
      this.#state.set(text, key, state);
      for (const timeMs of state.waiting.keys()) this.#timers.add(timeMs, text);
      for (const { start } of state.matches.partial.items) {
        if (start !== null) this.#wakeAt(this.#matcher.deadline(start.timeMs), text);
      }
    }
  }

  /** Matches a partition's rows up to a time; then what is too old by then goes. */
  #run(key: string, untilMs: number): void {
    const state = this.#state.change(key);
    if (state === undefined) return;
    const due = [...state.waiting.keys()].filter((timeMs) => timeMs <= untilMs).sort((a, b) => a - b);
    for (const timeMs of due) {
      this.#emit(this.#matcher.advance(state.matches, timeMs), timeMs);
      for (const row of this.#sorted(state.waiting.get(timeMs)!)) {
        this.#emit(this.#matcher.process(state.matches, { sequence: state.sequence++, timeMs, row }), timeMs);
      }
      state.waiting.delete(timeMs);
      this.#wakeAt(this.#matcher.deadline(timeMs), key);
    }
    this.#emit(this.#matcher.advance(state.matches, untilMs), untilMs);
    if (state.waiting.size === 0 && this.#matcher.isIdle(state.matches)) this.#state.delete(key);
  }

  #sorted(rows: readonly Row[]): readonly Row[] {
    const { order } = this.#spec;
    return order.length === 0 ? rows : rows.toSorted(rowOrder(order));
  }

  #wakeAt(timeMs: number, key: string): void {
    if (timeMs !== Infinity) this.#timers.add(timeMs, key);
  }

  /** `timeMs`: of the row at work, or what time has become; MATCH_ROWTIME(). */
  #emit(matches: readonly PartialMatch[], timeMs: number): void {
    for (const { start, last } of matches) {
      const rows = new MatchRows(last, null, timeMs);
      const keys = this.#spec.partition.map((column) => start!.row[column]!);
      this.output.insert([...keys, ...this.#measures.map((measure) => measure.evaluate(rows))]);
    }
  }

  #timeType(): DataType | null {
    const { time, inputFields } = this.#spec;
    return time === null ? null : inputFields[time]!.type;
  }
}
