/** Makes the rows of the connector `datagen`, at the rate that was asked for. */

import type { ColumnWriter } from '../formats/column-writer.ts';
import { columnWriter } from '../formats/column-writers.ts';
import { batchOf, type ColumnBatch } from '../model/column.ts';
import type { ReaderContext, ReaderOutput, SourceReader, SourceSplit, SplitLag } from '../model/source.ts';
import type { FieldRule } from './datagen-field.ts';
import { type ValueGenerator, valueGenerator } from './datagen-value.ts';
import { Nap } from './nap.ts';

export type DatagenConfig = Readonly<{
  seed: number;
  rowsPerSecond: number;
  /** null: without an end. */
  rows: number | null;
  splits: number;
  fields: readonly FieldRule[];
}>;

/** Split i of n makes the rows i, i + n, i + 2n, … of the table. */
type DatagenSplit = { readonly id: string; readonly index: number; emitted: number; readonly emittedBefore: number };

const longestBurstMs = 1000; // after being held up; older rows are not made up for, as in Flink

export class DatagenReader implements SourceReader {
  readonly #config: DatagenConfig;
  readonly #ctx: ReaderContext;
  readonly #columns: readonly Readonly<{ generate: ValueGenerator; writer: ColumnWriter }>[];
  readonly #splits: DatagenSplit[] = [];
  #turn = 0;
  #startedMs: number | null = null;
  #complete = false;
  readonly #nap = new Nap();

  constructor(config: DatagenConfig, ctx: ReaderContext) {
    this.#config = config;
    this.#ctx = ctx;
    this.#columns = ctx.columns.map((column) => ({
      generate: valueGenerator(ruleOf(config.fields, column.kind === 'physical' ? column.path : []), config.seed),
      writer: columnWriter(column.type, ctx.batchRows, ctx.pool),
    }));
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const { id, position } of splits) {
      const emitted = Number(position.emitted);
      this.#splits.push({ id, index: Number(position.index), emitted, emittedBefore: emitted });
    }
    this.wake();
  }

  noMoreSplits(): void {
    this.#complete = true;
    this.wake();
  }

  async poll(timeoutMs: number): Promise<ReaderOutput> {
    const output = this.#next();
    if (output !== null) return output;
    await this.#nap.sleep(Math.min(timeoutMs, this.#untilNextMs()));
    return this.#next() ?? { kind: 'none' };
  }

  #next(): ReaderOutput | null {
    const nowMs = this.#ctx.now();
    for (let i = 0; i < this.#splits.length; i++) {
      const split = this.#splits[(this.#turn + i) % this.#splits.length]!;
      const rows = Math.min(this.#ctx.batchRows, this.#due(split, nowMs) - split.emitted);
      if (rows <= 0) continue;
      this.#turn = (this.#turn + i + 1) % this.#splits.length;
      return { kind: 'batch', splitId: split.id, batch: this.#make(split, rows, nowMs) };
    }
    return this.#complete && this.#splits.every((split) => this.#isEnded(split)) ? { kind: 'end' } : null;
  }

  #make(split: DatagenSplit, rows: number, nowMs: number): ColumnBatch {
    const { splits } = this.#config;
    const columns = this.#columns.map(({ generate, writer }) => {
      writer.reset(this.#ctx.batchRows);
      for (let i = 0; i < rows; i++) writer.set(i, generate((split.emitted + i) * splits + split.index, nowMs));
      return writer.column(rows);
    });
    split.emitted += rows;
    return batchOf(rows, columns);
  }

  /** How many rows of the split should have been made by now: the table's rows are spread evenly over the second. */
  #due(split: DatagenSplit, nowMs: number): number {
    const ofTable = Math.floor((this.#elapsedMs(nowMs) * this.#config.rowsPerSecond) / 1000) + 1;
    const ofSplit = split.emittedBefore + Math.max(0, Math.ceil((ofTable - split.index) / this.#config.splits));
    return Math.min(ofSplit, this.#last(split));
  }

  #elapsedMs(nowMs: number): number {
    this.#startedMs ??= nowMs;
    const behind = this.#mostBehindMs(nowMs - this.#startedMs);
    if (behind > longestBurstMs) this.#startedMs += behind - longestBurstMs;
    return Math.max(0, nowMs - this.#startedMs);
  }

  /** By how many ms the slowest split is late. */
  #mostBehindMs(elapsedMs: number): number {
    const { splits, rowsPerSecond } = this.#config;
    let behind = 0;
    for (const split of this.#splits) {
      if (this.#isEnded(split)) continue;
      const madeMs = (((split.emitted - split.emittedBefore) * splits + split.index) * 1000) / rowsPerSecond;
      behind = Math.max(behind, elapsedMs - madeMs);
    }
    return behind;
  }

  #last({ index }: DatagenSplit): number {
    const { rows, splits } = this.#config;
    return rows === null ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil((rows - index) / splits));
  }

  #isEnded(split: DatagenSplit): boolean {
    return split.emitted >= this.#last(split);
  }

  #untilNextMs(): number {
    return Math.max(1, Math.floor(1000 / this.#config.rowsPerSecond));
  }

  wake(): void {
    this.#nap.wake();
  }

  snapshot(): SourceSplit[] {
    return this.#splits.map(({ id, index, emitted }) => ({ id, position: { index, emitted } }));
  }

  endedSplits(): readonly string[] {
    return this.#splits.filter((split) => this.#isEnded(split)).map((split) => split.id);
  }

  lag(): readonly SplitLag[] {
    return [];
  }

  async close(): Promise<void> {
    this.wake();
  }
}

/** A field of a ROW is made as it is within the ROW. */
function ruleOf(fields: readonly FieldRule[], path: readonly string[]): FieldRule {
  let candidates = fields;
  let rule: FieldRule | undefined;
  let salt = '';
  for (const name of path) {
    salt = salt === '' ? name : `${salt}.${name}`;
    rule = candidates.find((candidate) => candidate.salt === salt);
    candidates = rule?.kind === 'row' ? rule.fields : [];
  }
  return rule!;
}
