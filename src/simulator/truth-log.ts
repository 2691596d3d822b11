/**
 * The truth about a run as JSON lines: what was done to the stream, for whoever wants to know whether a detector or an audit saw it.
 * First the line `scenario`, then `anomaly` (when the episode is over), `burst`, `late`, `duplicate` and `garbage` in the order of the
 * stream, at the end `summary`. Records in disorder are counted in the summary alone.
 */
import type { ByteSink } from './outlet.ts';
import type { Truth } from './record-stream.ts';

const encoder = new TextEncoder();

export class TruthLog {
  readonly #sink: ByteSink;
  #lines: string[] = [];

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  add(truth: Truth): void {
    this.#lines.push(`${JSON.stringify(truth)}\n`);
  }

  /** Writes what is gathered. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    await this.#sink.write(encoder.encode(text));
  }

  async end(totals: Readonly<Record<string, number>>): Promise<void> {
    this.add({ kind: 'summary', ...totals });
    await this.flush();
    await this.#sink.close();
  }
}

/** A time in the truth. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
