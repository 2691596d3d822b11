import { describe, expect, it } from 'vitest';
import type { OperatorContext } from '../../src/model/operator.ts';
import { types } from '../../src/model/types.ts';
import { SinkMaterializeOperator } from '../../src/operators/sink-materialize.ts';
import { ChangeHarness } from '../support/change-harness.ts';

// Rows of (id, key, value): the stream is updated by id, or by nothing that is known; the sink's key is the second column.
const fields = [
  { name: 'id', type: types.of('int') },
  { name: 'k', type: types.of('int', false) },
  { name: 'v', type: types.string() },
];

function harness(unique: readonly number[] | null, ctx: Partial<OperatorContext> = {}): ChangeHarness {
  const changes = { update: true, delete: true };
  const spec = { kind: 'sink_materialize', keys: [1], fields, inputFields: fields, inputChanges: changes } as const;
  return new ChangeHarness(new SinkMaterializeOperator({ ...spec, unique, stateTtlMs: null }), fields, ctx);
}

describe('the sink has the row that came last', () => {
  // As in Flink's SinkUpsertMaterializerTest.
  it.each<[string, readonly number[] | null, string[], string[]]>([
    [
      'without a key of the stream',
      null,
      ['+I 1 1 a1', '+I 2 1 a2', '+I 3 1 a3', '-D 2 1 a2', '-D 3 1 a3', '-D 1 1 a1', '+I 4 1 a4', '-D 4 1 a4'],
      ['+I 1 1 a1', '+U 2 1 a2', '+U 3 1 a3', '+U 1 1 a1', '-D 1 1 a1', '+I 4 1 a4', '-D 4 1 a4'],
    ],
    [
      'by a key of the stream, whose rows replace each other',
      [0],
      ['+I 1 1 a1', '+U 1 1 a11', '+U 3 1 a3', '-D 1 1 x', '-D 3 1 y', '-D 3 1 y'],
      ['+I 1 1 a1', '+U 1 1 a11', '+U 3 1 a3', '-D 3 1 y'],
    ],
    [
      'a new row that comes before the old one is gone',
      null,
      ['+I 1 1 old', '+I 2 1 new', '-D 1 1 old'],
      ['+I 1 1 old', '+U 2 1 new'],
    ],
    [
      'an update of a row as two changes',
      null,
      ['+I 1 1 a', '-U 1 1 a', '+U 1 1 b'],
      ['+I 1 1 a', '-D 1 1 a', '+I 1 1 b'],
    ],
    [
      'equal rows count each',
      null,
      ['+I 1 1 a', '+I 1 1 a', '-D 1 1 a', '-D 1 1 a'],
      ['+I 1 1 a', '+U 1 1 a', '-D 1 1 a'],
    ],
    ['keys are apart', null, ['+I 1 1 a', '+I 1 2 b', '-D 1 1 a'], ['+I 1 1 a', '+I 1 2 b', '-D 1 1 a']],
    ['what is not known is passed over', null, ['-D 1 1 a', '+I 1 1 b'], ['+I 1 1 b']],
  ])('%s', (_, unique, given, expected) => expect(harness(unique).feed(given)).toEqual(expected));

  it('goes on from a snapshot at another parallelism, rows in their order', () => {
    const whole = harness(null);
    whole.feed(['+I 1 1 a', '+I 2 1 b', '+I 3 1 c', '+I 1 2 x', '+I 2 2 y']);
    const snapshot = whole.operator.snapshot!();
    whole.feed(['-D 3 1 c', '-D 2 1 b']); // of the time after the snapshot: copied before it is written
    const chunks = [...snapshot.chunks()];
    snapshot.done();
    const parts = [0, 1].map((subtaskIndex) => harness(null, { subtaskIndex, parallelism: 2 }));
    const rows = parts.flatMap((part) => part.restore(chunks).feedOwned(['-D 3 1 c', '-D 1 1 a', '-D 2 2 y'], [1]));
    expect(rows.sort()).toEqual(['+U 1 2 x', '+U 2 1 b']);
  });
});
