import { expect, it } from 'vitest';
import { columnRef, literal } from '../../../src/model/expression.ts';
import type { ExpandSpec } from '../../../src/model/job-graph.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { ExpandOperator } from '../../../src/operators/aggregate/expand.ts';
import { ChangeHarness } from '../../support/change-harness.ts';

const string = types.string();
const bigint = types.of('bigint', false);
const inputFields: readonly Field[] = [
  { name: 'k', type: string },
  { name: 'v', type: bigint },
];

it('gives each change once for each grouping set, in their order', () => {
  const spec: ExpandSpec = {
    kind: 'expand',
    inputFields,
    inputChanges: { update: true, delete: true },
    fields: [...inputFields, { name: 'key', type: string }, { name: '$e', type: bigint }],
    projections: [
      [columnRef(0, string), columnRef(1, bigint), columnRef(0, string), literal(0, bigint)],
      [columnRef(0, string), columnRef(1, bigint), literal(null, string), literal(1, bigint)],
    ],
  };
  const harness = new ChangeHarness(new ExpandOperator(spec), inputFields, {}, spec.fields);
  expect(harness.feed(['+I a 1', '-U null 2'])).toEqual([
    '+I a 1 a 0',
    '+I a 1 null 1',
    '-U null 2 null 0',
    '-U null 2 null 1',
  ]);
});
