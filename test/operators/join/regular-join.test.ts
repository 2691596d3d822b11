import { describe, expect, it } from 'vitest';
import type { JoinSpec } from '../../../src/model/job-graph.ts';
import { types } from '../../../src/model/types.ts';
import { type Change, fieldsNamed, JoinRun } from '../../support/join-run.ts';

// The order of what is emitted, as Flink's StreamingJoinOperator and StreamingSemiAntiJoinOperator emit it.

const leftFields = fieldsNamed(['k', 'a'], types.string());
const rightFields = fieldsNamed(['l', 'b'], types.string());

function specOf(join: JoinSpec['join'], more: Partial<JoinSpec> = {}): JoinSpec {
  const all = { update: true, delete: true };
  return {
    kind: 'join',
    join,
    leftKeys: [0],
    rightKeys: [0],
    nullSafe: [false],
    condition: null,
    fields: join === 'semi' || join === 'anti' ? leftFields : [...leftFields, ...rightFields],
    leftFields,
    rightFields,
    leftChanges: all,
    rightChanges: all,
    leftTtlMs: null,
    rightTtlMs: null,
    leftUnique: null,
    rightUnique: null,
    ...more,
  };
}

const change = (input: 0 | 1, text: string): Change => {
  const [kind, ...row] = text.split(' ');
  return { input, kind: kind as Change['kind'], row: row.map((value) => (value === 'null' ? null : value)) };
};
const left = (text: string): Change => change(0, text);
const right = (text: string): Change => change(1, text);

describe('a left join', () => {
  it('takes padded rows back when a partner comes, and pads again when the last one goes', () => {
    const run = new JoinRun(specOf('left'));
    expect(run.feed(left('+I x 1'), left('+I x 2'))).toEqual(['+I x 1 null null', '+I x 2 null null']);
    expect(run.feed(right('+I x p'))).toEqual(['-D x 1 null null', '-D x 2 null null', '+I x 1 x p', '+I x 2 x p']);
    expect(run.feed(right('+I x q'))).toEqual(['+I x 1 x q', '+I x 2 x q']);
    expect(run.feed(right('-D x p'))).toEqual(['-D x 1 x p', '-D x 2 x p']);
    expect(run.feed(right('-D x q'))).toEqual(['-D x 1 x q', '-D x 2 x q', '+I x 1 null null', '+I x 2 null null']);
  });

  it('emits inserts and deletes for updates of its left side, and passes the kinds of its right side on when it takes back', () => {
    const run = new JoinRun(specOf('left'));
    run.feed(right('+I x p'));
    expect(run.feed(left('+I x 1'), left('-U x 1'), left('+U x 2'))).toEqual([
      '+I x 1 x p',
      '-D x 1 x p',
      '+I x 2 x p',
    ]);
    expect(run.feed(right('-U x p'), right('+U x q'))).toEqual([
      '-U x 2 x p',
      '+I x 2 null null',
      '-D x 2 null null',
      '+I x 2 x q',
    ]);
  });

  it('pads what has a NULL key at once', () => {
    const run = new JoinRun(specOf('left'));
    expect(run.feed(right('+I null p'), left('+I null 1'), left('-D null 1'))).toEqual([
      '+I null 1 null null',
      '-D null 1 null null',
    ]);
  });
});

describe('an inner join', () => {
  it('passes the kinds of changes on, and equal rows each for itself', () => {
    const run = new JoinRun(specOf('inner'));
    run.feed(right('+I x p'), right('+I x p'));
    expect(run.feed(left('+I x 1'), left('-U x 1'), left('+U x 2'))).toEqual([
      '+I x 1 x p',
      '+I x 1 x p',
      '-U x 1 x p',
      '-U x 1 x p',
      '+U x 2 x p',
      '+U x 2 x p',
    ]);
    expect(run.feed(right('-D x p'))).toEqual(['-D x 2 x p']);
  });

  it('keeps one row of a unique key: the last', () => {
    const run = new JoinRun(specOf('inner', { rightUnique: [1] }));
    run.feed(right('+I x p'), right('+I x p'));
    expect(run.feed(left('+I x 1'))).toEqual(['+I x 1 x p']);
  });
});

describe('state with a time to live', () => {
  it('forgets each row so long after it came', () => {
    let now = 0;
    const run = new JoinRun(specOf('inner', { leftTtlMs: 10, rightTtlMs: 10 }), { now: () => now });
    run.feed(left('+I x 1'));
    now = 6;
    run.feed(left('+I x 2'));
    expect(run.feed(right('+I x p'))).toEqual(['+I x 1 x p', '+I x 2 x p']);
    now = 10;
    expect(run.feed(right('+I x q'))).toEqual(['+I x 2 x q']);
    expect(run.feed(left('-D x 1'))).toEqual(['-D x 1 x p', '-D x 1 x q']);
    now = 30;
    expect(run.feed(right('+I x r'))).toEqual([]);
  });

  it('forgets each side in its own time', () => {
    let now = 0;
    const run = new JoinRun(specOf('inner', { leftTtlMs: 10, rightTtlMs: null }), { now: () => now });
    run.feed(left('+I x 1'), right('+I x p'));
    now = 10;
    expect(run.feed(right('+I x q'))).toEqual([]);
    expect(run.feed(left('+I x 2'))).toEqual(['+I x 2 x p', '+I x 2 x q']);
  });
});

describe('semi and anti joins', () => {
  it('bring a row in with its first partner and out with the last one', () => {
    const run = new JoinRun(specOf('semi'));
    expect(run.feed(left('+I x 1'))).toEqual([]);
    expect(run.feed(right('+I x p'), right('+I x q'))).toEqual(['+I x 1']);
    expect(run.feed(left('+I x 2'))).toEqual(['+I x 2']);
    expect(run.feed(right('-U x p'), right('-D x q'))).toEqual(['-D x 1', '-D x 2']);
  });

  it('negated, the other way round; a NULL key has no partner', () => {
    const run = new JoinRun(specOf('anti'));
    expect(run.feed(left('+I x 1'), left('+I null 2'))).toEqual(['+I x 1', '+I null 2']);
    expect(run.feed(right('+I x p'), right('+I null p'))).toEqual(['-D x 1']);
    expect(run.feed(left('+I x 3'))).toEqual([]);
    expect(run.feed(right('-D x p'))).toEqual(['+I x 1', '+I x 3']);
    expect(run.feed(left('-D x 3'))).toEqual(['-D x 3']);
  });
});
