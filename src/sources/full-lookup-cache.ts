/**
 * A table in memory, by key: read when it is first asked for, and again when its time is over (or, without a cache, for every batch of keys).
 * Flink's `lookup.cache` = 'FULL'.
 */
import type { LookupContext, LookupReader } from '../model/connector.ts';
import { keyText, type Row } from '../model/row.ts';
import type { LookupSettings } from './lookup-options.ts';

/** A table that is read as a whole, some rows at a time. */
export type RowSource = Readonly<{ read: () => AsyncIterable<readonly Row[]>; close: () => Promise<void> }>;

type Loaded = Readonly<{ rows: ReadonlyMap<string, readonly Row[]>; atMs: number }>;

export class FullLookupCache implements LookupReader {
  readonly #source: RowSource;
  readonly #settings: LookupSettings;
  readonly #ctx: LookupContext;
  #loaded: Loaded | null = null;

  constructor(source: RowSource, settings: LookupSettings, ctx: LookupContext) {
    this.#source = source;
    this.#settings = settings;
    this.#ctx = ctx;
  }

  async lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    if (this.#isOver()) this.#loaded = { rows: await this.#load(), atMs: this.#ctx.session.now() };
    const { rows } = this.#loaded!;
    const places = this.#ctx.keyColumns.map((_, i) => i);
    return keys.map((key) => rows.get(keyText(key, places)) ?? []);
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  #isOver(): boolean {
    const { cache, reloadIntervalMs } = this.#settings;
    if (this.#loaded === null || cache === 'NONE') return true;
    return reloadIntervalMs !== null && this.#ctx.session.now() - this.#loaded.atMs >= reloadIntervalMs;
  }

  async #load(): Promise<ReadonlyMap<string, readonly Row[]>> {
    const { keyColumns } = this.#ctx;
    const found = new Map<string, Row[]>();
    for await (const rows of this.#source.read()) {
      for (const row of rows) {
        if (keyColumns.some((column) => row[column] === null)) continue;
        const text = keyText(row, keyColumns);
        const others = found.get(text);
        if (others === undefined) found.set(text, [row]);
        else others.push(row);
      }
    }
    return found;
  }
}
