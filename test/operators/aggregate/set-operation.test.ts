import { expect, it } from 'vitest';
import type { SetOperationSpec } from '../../../src/model/job-graph.ts';
import { types } from '../../../src/model/types.ts';
import { SetOperationOperator } from '../../../src/operators/aggregate/set-operation.ts';
import { ChangeHarness } from '../../support/change-harness.ts';

const fields = [{ name: 'k', type: types.string() }];
const changes = { update: true, delete: true };

function harness(operator: SetOperationSpec['operator'], subtaskIndex = 0, parallelism = 1): ChangeHarness {
  const spec: SetOperationSpec = {
    kind: 'set_operation',
    operator,
    fields,
    leftFields: fields,
    rightFields: fields,
    leftChanges: changes,
    rightChanges: changes,
    stateTtlMs: null,
  };
  return new ChangeHarness(new SetOperationOperator(spec), fields, { subtaskIndex, parallelism });
}

it('INTERSECT ALL gives a row as often as both sides have it', () => {
  const both = harness('intersect_all');
  expect(both.feed(['+I a', '+I a', '+I null'])).toEqual([]);
  expect(both.feed(['+I a', '+I null'], 1)).toEqual(['+U a', '+U null']);
  expect(both.feed(['+I a'], 1)).toEqual(['-U a', '+U a', '+U a']);
  expect(both.feed(['-D a', '-U a', '-D null'])).toEqual(['-U a', '-U a', '+U a', '-U a', '-U null']);
  expect(both.feed(['-D a', '-D a', '-D a', '-D b'], 1)).toEqual([]);
});

it('EXCEPT ALL gives a row as often as the left side has it more', () => {
  const left = harness('except_all');
  expect(left.feed(['+I a', '+I a'])).toEqual(['+I a', '-U a', '+U a', '+U a']);
  expect(left.feed(['+I a'], 1)).toEqual(['-U a', '-U a', '+U a']);
  expect(left.feed(['-D a', '-D a'])).toEqual(['-U a']);
  expect(left.feed(['-D a'], 1)).toEqual([]);
});

it('goes on after a restore by two subtasks', () => {
  const before = harness('except_all');
  before.feed(['+I a', '+I b', '+I c', '+I d']);
  before.feed(['+I b'], 1);
  const snapshot = before.operator.snapshot!();
  const chunks = [...snapshot.chunks()];
  snapshot.done();
  const out = [0, 1].flatMap((subtask) =>
    harness('except_all', subtask, 2).restore(chunks).feedOwned(['-D a', '+I b', '-D c'], [0]),
  );
  expect(out.sort()).toEqual(['+U b', '-D a', '-D c']);
});
