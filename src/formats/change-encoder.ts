/** Rows with their kinds as records of a change data feed: `{"before":null,"after":{…},"op":"c"}` and the like. */
import { type ColumnBatch, op } from '../model/column.ts';
import type { Encoder, EncoderContext } from '../model/format.ts';
import { Options } from '../model/options.ts';
import { createJsonEncoder } from './json-encoder.ts';
import { jsonOptionSpecs } from './json-options.ts';

/** What stands before and behind the row; an update is written as its old row's removal and its new row, as Flink does. */
type Envelope = readonly [before: string, behind: string];

export function createChangeEncoder(
  ctx: EncoderContext,
  envelopes: Readonly<{ added: Envelope; removed: Envelope }>,
): Encoder {
  const json = createJsonEncoder({ ...ctx, options: withDefaults(ctx.options) });
  const [added, removed] = [envelopes.added, envelopes.removed].map((parts) => parts.map((part) => Buffer.from(part)));
  return {
    encode(batch: ColumnBatch, row: number): Uint8Array {
      const change = batch.ops === null ? op.insert : batch.ops[row]!;
      const isAdded = change === op.insert || change === op.updateAfter;
      const [before, behind] = isAdded ? added! : removed!;
      return Buffer.concat([before!, json.encode(batch, row)!, behind!]);
    },
  };
}

/** The options of JSON that these formats do not have. */
function withDefaults(options: Options): Options {
  const defaults = jsonOptionSpecs.map(
    ({ key, default: text, kind }) => [key, kind === 'boolean' ? text === 'true' : text] as const,
  );
  const given = [...options.entries()].filter(([, value]) => value !== undefined);
  return new Options(new Map<string, unknown>([...defaults, ...given]));
}
