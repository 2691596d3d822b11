import { describe, expect, it } from 'vitest';
import { SinkConstraints } from '../../src/engine/sink-constraints.ts';
import { SinkNode } from '../../src/engine/sink-node.ts';
import { type ColumnBatch, rowKinds } from '../../src/model/column.ts';
import type { NotNullEnforcer } from '../../src/model/job-graph.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';

const fields = [{ name: 'n', type: types.of('int') }];

/** What reaches the writer of these changes, `+U 1`. */
function written(changes: readonly string[], updateBefore: boolean, notNull?: NotNullEnforcer): string[] {
  const found: string[] = [];
  const write = (batch: ColumnBatch): void => {
    const { values, nulls } = batch.columns[0]! as { values: Int32Array; nulls: Uint8Array | null };
    for (let i = 0; i < batch.length; i++) {
      found.push(`${rowKinds[batch.ops?.[i] ?? 0]} ${nulls?.[i] === 1 ? 'null' : values[i]}`);
    }
  };
  const writer = { write, ready: () => null, prepareCommit: async () => [], close: async () => {} };
  const common = { table: 't', fields, content: null, counters: { add: () => {} } };
  const constraints = notNull === undefined ? null : new SinkConstraints({ ...common, notNull });
  const node = new SinkNode({
    ...{ id: 'x', constraints, updateBefore, writer, channels: 1 },
    wake: () => {},
    fail: () => {},
  });
  const parsed = changes.map((change) => change.split(' ') as [(typeof rowKinds)[number], string]);
  const rows = parsed.map(([, value]) => [value === 'null' ? null : Number(value)]);
  const ops = Uint8Array.from(parsed, ([kind]) => rowKinds.indexOf(kind));
  node.batch({ ...batchOfRows(fields, rows, { pool: new StringPool() }), ops });
  return found;
}

describe('the writer of a sink gets', () => {
  const changes = ['+I 1', '-U 1', '+U 2', '-D 2'];

  it('every change', () => expect(written(changes, true)).toEqual(changes));
  it('not the row before an update, where it is replaced', () => {
    expect(written(changes, false)).toEqual(['+I 1', '+U 2', '-D 2']);
    expect(written(['-U 1'], false)).toEqual([]);
  });

  it('no row with a NULL that is not allowed', () => {
    const notNull = { columns: [0], onNull: 'drop' } as const;
    expect(written(['+I 1', '+I null', '-D 1'], true, notNull)).toEqual(['+I 1', '-D 1']);
    expect(() => written(['+I null'], true, { ...notNull, onNull: 'fail' })).toThrow(/'n' is NOT NULL, got a NULL/);
  });
});
