/** Keeps the rows of the keys that were asked for, so that the outside is asked less often: Flink's `lookup.cache` = 'PARTIAL'. */
import type { LookupReader } from '../model/connector.ts';
import { type Row, rowText } from '../model/row.ts';
import type { LookupSettings } from './lookup-options.ts';

type Entry = Readonly<{ rows: readonly Row[]; writtenMs: number }> & { readMs: number };

export class PartialLookupCache implements LookupReader {
  readonly #reader: LookupReader;
  readonly #settings: LookupSettings;
  readonly #now: () => number;
  /** The longest unasked first: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry>();

  constructor(reader: LookupReader, settings: LookupSettings, now: () => number) {
    this.#reader = reader;
    this.#settings = settings;
    this.#now = now;
  }

  async lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    const texts = keys.map(rowText);
    const found = texts.map((text) => this.#get(text));
    const missing = keys.filter((_, i) => found[i] === null);
    if (missing.length === 0) return found as (readonly Row[])[];
    const fresh = await this.#reader.lookup(missing);
    let next = 0;
    return found.map((rows, i) => {
      if (rows !== null) return rows;
      const own = fresh[next++]!;
      this.#put(texts[i]!, own);
      return own;
    });
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #get(text: string): readonly Row[] | null {
    const entry = this.#entries.get(text);
    if (entry === undefined) return null;
    this.#entries.delete(text);
    if (this.#expired(entry)) return null;
    entry.readMs = this.#now();
    this.#entries.set(text, entry);
    return entry.rows;
  }

  #put(text: string, rows: readonly Row[]): void {
    const { cacheMissingKey, maxRows } = this.#settings;
    if (rows.length === 0 && !cacheMissingKey) return;
    const now = this.#now();
    this.#entries.delete(text);
    this.#entries.set(text, { rows, writtenMs: now, readMs: now });
    for (const [oldest, entry] of this.#entries) {
      const isTooMany = maxRows !== null && this.#entries.size > maxRows;
      if (!isTooMany && !this.#expired(entry)) break;
      this.#entries.delete(oldest);
    }
  }

  #expired({ writtenMs, readMs }: Entry): boolean {
    const { expireAfterWriteMs, expireAfterAccessMs } = this.#settings;
    const now = this.#now();
    return (
      (expireAfterWriteMs !== null && now - writtenMs >= expireAfterWriteMs) ||
      (expireAfterAccessMs !== null && now - readMs >= expireAfterAccessMs)
    );
  }
}
