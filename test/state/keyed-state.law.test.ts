import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyText } from '../../src/model/row.ts';
import { types } from '../../src/model/types.ts';
import { KeyedState } from '../../src/state/keyed-state.ts';

// Snapshots show the state of their call, whatever comes while they are written; several at once too.

const int = types.of('int', false);

function listState(ttl: { ms: number; now: () => number } | null = null): KeyedState<number[]> {
  return new KeyedState<number[]>(
    {
      name: 'lists',
      keyFields: [{ name: 'k', type: int }],
      valueFields: [{ name: 'v', type: int }],
      toRows: (list) => list.map((value) => [value]),
      fromRow: (list, [value]) => [...(list ?? []), value as number],
      clone: (list) => [...list],
    },
    ttl,
  );
}

const contents = (state: KeyedState<number[]>): string =>
  [...state.entries()]
    .map(([key, , list]) => `${key}=${list}`)
    .sort()
    .join(' ');

const textOf = (key: number): string => keyText([key], [0]);

type Step = readonly [kind: 'push' | 'set' | 'delete' | 'snapshot' | 'done', key: number, value: number];
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom<Step[0][]>('push', 'push', 'set', 'delete', 'snapshot', 'done'), fc.nat(4), fc.nat(99)),
  { maxLength: 60 },
);

describe('keyed state', () => {
  it('gives snapshots that stay what they were, and are what is restored', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const state = listState();
        const open: { expected: string; snapshot: ReturnType<KeyedState<number[]>['snapshot']> }[] = [];
        const check = ({ expected, snapshot }: (typeof open)[number]): void => {
          const restored = listState();
          for (const chunk of snapshot.chunks()) restored.restore(chunk);
          snapshot.done();
          expect(contents(restored)).toBe(expected);
        };
        for (const [kind, key, value] of all) {
          if (kind === 'push') state.update(textOf(key), [key], () => []).push(value);
          else if (kind === 'set') state.set(textOf(key), [key], [value]);
          else if (kind === 'delete') state.delete(textOf(key));
          else if (kind === 'snapshot') open.push({ expected: contents(state), snapshot: state.snapshot() });
          else if (open.length > 0) check(open.splice(value % open.length, 1)[0]!);
        }
        open.forEach(check);
      }),
    );
  });

  it('forgets what was not written for the TTL; a look is no write', () => {
    let now = 0;
    const state = listState({ ms: 10, now: () => now });
    state.update(textOf(1), [1], () => []).push(1);
    now = 9;
    expect(state.get(textOf(1))).toEqual([1]);
    state.change(textOf(1))!.push(2);
    now = 18;
    expect(state.get(textOf(1))).toEqual([1, 2]);
    now = 19;
    expect([state.get(textOf(1)), state.change(textOf(1)), contents(state)]).toEqual([undefined, undefined, '']);
    const restored = listState();
    for (const chunk of state.snapshot().chunks()) restored.restore(chunk);
    expect(contents(restored)).toBe('');
    for (let key = 0; key < 100; key++) state.set(textOf(key), [key], []);
    expect(state.size).toBe(100);
    now = 30;
    for (let key = 100; key < 200; key++) state.set(textOf(key), [key], []);
    expect(state.size).toBeLessThan(150);
  });
});
