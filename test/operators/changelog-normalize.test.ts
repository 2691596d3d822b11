import { describe, expect, it } from 'vitest';
import { columnRef, type Expression } from '../../src/model/expression.ts';
import type { OperatorContext } from '../../src/model/operator.ts';
import { types } from '../../src/model/types.ts';
import { ChangelogNormalizeOperator } from '../../src/operators/changelog-normalize.ts';
import { ChangeHarness } from '../support/change-harness.ts';

const fields = [
  { name: 'id', type: types.of('int', false) },
  { name: 'v', type: types.string() },
];

function harness(
  stateTtlMs: number | null = null,
  ctx: Partial<OperatorContext> = {},
  condition: Expression | null = null,
): ChangeHarness {
  const changes = { update: true, delete: true };
  const spec = {
    kind: 'changelog_normalize',
    keys: [0],
    condition,
    fields,
    inputFields: fields,
    inputChanges: changes,
  } as const;
  return new ChangeHarness(new ChangelogNormalizeOperator({ ...spec, stateTtlMs }), fields, ctx);
}

describe('a changelog of the newest row by key', () => {
  it.each<[string, string[], string[]]>([
    ['the first row of a key is an insert, whatever it says', ['+U 1 a', '+I 2 b'], ['+I 1 a', '+I 2 b']],
    ['another one is an update', ['+I 1 a', '+I 1 b'], ['+I 1 a', '-U 1 a', '+U 1 b']],
    ['what changes nothing is dropped', ['+I 1 a', '+U 1 a'], ['+I 1 a']],
    ['a tombstone takes the whole row back', ['+I 1 a', '-D 1 null'], ['+I 1 a', '-D 1 a']],
    ['a tombstone of an unknown key is nothing', ['-D 1 null', '+I 1 a'], ['+I 1 a']],
    ['after it the key begins anew', ['+I 1 a', '-D 1 null', '-D 1 null', '+U 1 a'], ['+I 1 a', '-D 1 a', '+I 1 a']],
    ['the row before an update is known', ['+I 1 a', '-U 1 a', '+U 1 b'], ['+I 1 a', '-U 1 a', '+U 1 b']],
    [
      'NULL is a value',
      ['+I 1 null', '+I 1 a', '+I 1 null'],
      ['+I 1 null', '-U 1 null', '+U 1 a', '-U 1 a', '+U 1 null'],
    ],
  ])('%s', (_, given, expected) => expect(harness().feed(given)).toEqual(expected));

  it('says equal rows with a TTL, which states below live by', () => {
    expect(harness(1000).feed(['+I 1 a', '+U 1 a'])).toEqual(['+I 1 a', '-U 1 a', '+U 1 a']);
  });

  it.each<[string, string[], string[]]>([
    ['begins with an insert', ['+I 1 null', '+U 1 a', '+U 1 b'], ['+I 1 a', '-U 1 a', '+U 1 b']],
    ['ends with a delete, of the row that was there', ['+I 1 a', '+U 1 null', '-D 1 null'], ['+I 1 a', '-D 1 a']],
    ['begins anew', ['+I 1 a', '+U 1 null', '+U 1 a'], ['+I 1 a', '-D 1 a', '+I 1 a']],
  ])('with a condition %s', (_, given, expected) => {
    const isThere: Expression = {
      kind: 'is_not_null',
      arg: columnRef(1, types.string()),
      type: types.of('boolean', false),
    };
    expect(harness(null, {}, isThere).feed(given)).toEqual(expected);
  });

  it('goes on from a snapshot at another parallelism', () => {
    const whole = harness();
    const first = ['+I 1 a', '+I 2 b', '+I 3 c', '+I 4 d', '-D 3 null'];
    const then = ['+I 1 a', '+I 2 x', '+I 3 y', '-D 4 null'];
    whole.feed(first);
    const snapshot = whole.operator.snapshot!();
    const chunks = [...snapshot.chunks()];
    whole.feed(['-D 1 null']); // of the time after the snapshot
    snapshot.done();
    const parts = [0, 1].map((subtaskIndex) => harness(null, { subtaskIndex, parallelism: 2 }));
    const rows = parts.flatMap((part) => part.restore(chunks).feedOwned(then, [0]));
    expect(rows.sort()).toEqual(['+I 3 y', '+U 2 x', '-D 4 d', '-U 2 b']);
  });
});
