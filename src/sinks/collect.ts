/**
 * The sink of a SELECT: rows to the person who asked, as lines of JSON, `{"op":"+I","row":{"col":value}}`, with the values as Flink's SQL
 * Gateway prints them: JSON's ISO-8601 timestamps, NULL keys of maps as empty ones.
 *
 * Delivery guarantee: at-least-once; after a failure, rows since the last checkpoint come again.
 */
import { jsonFormat } from '../formats/json.ts';
import { type ColumnBatch, rowKinds } from '../model/column.ts';
import type { Encoder } from '../model/format.ts';
import { checkOptions } from '../model/options.ts';
import type { Committable, SinkWriter, WriterContext } from '../model/sink.ts';
import type { Field } from '../model/types.ts';

/** A writer for the rows of `pipeline`, the index of the query in its job. */
export function collectWriter(pipeline: number, fields: readonly Field[], ctx: WriterContext): SinkWriter {
  return new CollectWriter(pipeline, fields, ctx);
}

const gatewayOptions: ReadonlyMap<string, string> = new Map([
  ['timestamp-format.standard', 'ISO-8601'],
  ['map-null-key.mode', 'LITERAL'],
  ['map-null-key.literal', ''],
]);
const maxPendingRows = 8192; // beyond, the writer waits until what it gave was taken

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

class CollectWriter implements SinkWriter {
  readonly #pipeline: number;
  readonly #ctx: WriterContext;
  readonly #encoder: Encoder;
  #taken: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(pipeline: number, fields: readonly Field[], ctx: WriterContext) {
    this.#pipeline = pipeline;
    this.#ctx = ctx;
    const options = checkOptions(gatewayOptions, jsonFormat.options, 'collect');
    this.#encoder = jsonFormat.createEncoder!({ fields, options, timeZone: 'UTC' });
  }

  write(batch: ColumnBatch): void {
    const rows = Array.from({ length: batch.length }, (_, row) => {
      const kind = rowKinds[batch.ops === null ? 0 : batch.ops[row]!]!;
      return `{"op":"${kind}","row":${decoder.decode(this.#encoder.encode(batch, row)!)}}`;
    });
    this.#pending += rows.length;
    const taken = this.#ctx.host.collect(this.#pipeline, rows).then(() => {
      this.#pending -= rows.length;
    });
    this.#taken = Promise.all([this.#taken, taken]).then(() => undefined);
    this.#taken.catch(() => undefined); // said by the next `ready` or `prepareCommit`
  }

  ready(): Promise<void> | null {
    return this.#pending > maxPendingRows ? this.#taken : null;
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    await this.#taken;
    return [];
  }

  async close(): Promise<void> {
    await this.#taken;
  }
}
