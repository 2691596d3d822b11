import { describe, expect, it } from 'vitest';
import type { GlobalWindowAggregateSpec, WindowSpec } from '../../src/model/job-graph.ts';
import type { WindowDefinition } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { localWindowFields } from '../../src/operators/window/fields.ts';
import { batchOfRows, OperatorHarness } from '../support/operator-harness.ts';

const inputFields: readonly Field[] = [{ name: 'et', type: types.timestamp(3) }];
const time = { column: 0, type: types.timestamp(3), timeZone: null };
const between = localWindowFields({ keys: [], aggregates: [], inputFields });

function globalSpec(window: WindowDefinition): GlobalWindowAggregateSpec {
  return {
    kind: 'global_window_aggregate',
    attached: false,
    window,
    time,
    keyCount: 0,
    aggregates: [],
    rowFields: inputFields,
    properties: [],
    inputFields: between,
    fields: [],
  };
}

describe('what is not built is refused by name', () => {
  const session = { kind: 'session', gapMs: 10 } as const;
  const bare: WindowSpec = {
    kind: 'window',
    processingTime: false,
    window: session,
    time,
    inputFields,
    fields: inputFields,
  };
  it.each([
    { what: 'SESSION, aggregated', spec: globalSpec(session), message: /SESSION/ },
    { what: 'SESSION, bare', spec: bare, message: /SESSION/ },
    {
      what: 'HOP of a size that is no multiple',
      spec: globalSpec({ kind: 'hop', sizeMs: 10, slideMs: 3, offsetMs: 0 }),
      message: /multiple of the slide, got 10 ms and 3 ms/,
    },
  ])('$what', ({ spec, message }) => {
    expect(() => createOperator(spec)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringMatching(message) }),
    );
  });
});

describe('a union', () => {
  it('passes rows of every input and watermarks on', () => {
    const fields = [{ name: 'id', type: types.of('int') }];
    const harness = new OperatorHarness(createOperator({ kind: 'union', inputFields: fields, fields }), fields);
    const pool = new StringPool();
    harness.operator.processBatch(batchOfRows(fields, [[1]], { pool }), 0);
    harness.operator.processBatch(batchOfRows(fields, [[2], [null]], { pool }), 1);
    harness.operator.processWatermark(5);
    expect(harness.emitted).toEqual([
      { kind: 'row', row: [1] },
      { kind: 'row', row: [2] },
      { kind: 'row', row: [null] },
      { kind: 'watermark', watermark: 5 },
    ]);
  });
});
