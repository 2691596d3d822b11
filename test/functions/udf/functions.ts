/** User functions of the tests. */
import type { AggregateUdf, ScalarUdf, TableUdf } from '../../../src/model/user-function.ts';

export const rep = {
  kind: 'scalar',
  args: ['STRING', 'INT'],
  returns: 'STRING',
  call: (text: string | null, count: number | null) => {
    if (text === 'bad') throw new Error('this text can not be repeated');
    return text === null || count === null ? null : text.repeat(count);
  },
} satisfies ScalarUdf;

export const echo = {
  kind: 'scalar',
  args: [
    `ROW<b BOOLEAN, t TINYINT, i INT, l BIGINT, d DOUBLE, n DECIMAL(20, 2), s STRING, y BYTES, born DATE, clock TIME(3), moment TIMESTAMP(6),
     instant TIMESTAMP_LTZ(3), list ARRAY<BIGINT>, tags MAP<STRING, INT>>`,
  ],
  returns: `ROW<kinds STRING, b BOOLEAN, t TINYINT, i INT, l BIGINT, d DOUBLE, n DECIMAL(20, 2), s STRING, y BYTES, born DATE, clock TIME(3),
     moment TIMESTAMP(6), instant TIMESTAMP_LTZ(3), list ARRAY<BIGINT>, tags MAP<STRING, INT>>`,
  call: (row: Record<string, unknown>) => ({ kinds: Object.values(row).map(kindOf).join(' '), ...row }),
} satisfies ScalarUdf;

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value;
  return value === null ? 'null' : value.constructor.name;
}

export const addOne = {
  kind: 'scalar',
  args: ['BIGINT NOT NULL'],
  returns: 'BIGINT NOT NULL',
  call: (value: bigint) => value + 1n,
} satisfies ScalarUdf;

export const wrong = { kind: 'scalar', args: [], returns: 'INT', call: () => 'no number' } satisfies ScalarUdf;

export const words = {
  kind: 'table',
  args: ['STRING'],
  returns: 'ROW<word STRING, length INT>',
  *call(text: string | null) {
    for (const word of text?.split(' ') ?? []) yield [word, word.length];
  },
} satisfies TableUdf;

export const numbers = {
  kind: 'table',
  args: ['INT'],
  returns: 'INT',
  call: (count: number) => Array.from({ length: count }, (_, i) => i),
} satisfies TableUdf;

type Sum = Readonly<{ sum: bigint; values: readonly bigint[] }>;

export const sumOfSquares = {
  kind: 'aggregate',
  args: ['BIGINT'],
  returns: 'BIGINT',
  accumulator: (): Sum => ({ sum: 0n, values: [] }),
  add: ({ sum, values }: Sum, value: bigint | null): Sum => ({
    sum: sum + (value ?? 0n) ** 2n,
    values: value === null ? values : [...values, value],
  }),
  retract: ({ sum, values }: Sum, value: bigint | null): Sum => ({
    sum: sum - (value ?? 0n) ** 2n,
    values: values.filter((each) => each !== value),
  }),
  merge: (a: Sum, b: Sum): Sum => ({ sum: a.sum + b.sum, values: [...a.values, ...b.values] }),
  result: ({ sum }: Sum) => sum,
} satisfies AggregateUdf;

export const changing = {
  kind: 'aggregate',
  args: ['INT'],
  returns: 'INT',
  accumulator: () => ({ count: 0 }),
  add: (state: { count: number }) => {
    state.count++;
    return state;
  },
  result: ({ count }: { count: number }) => count,
} satisfies AggregateUdf;

export const notADeclaration = { kind: 'scalar', args: ['INT'], returns: 'INT' };
export const unknownType = { kind: 'scalar', args: ['NUMBER'], returns: 'INT', call: () => 1 };
export const tooPrecise = { kind: 'scalar', args: ['TIMESTAMP_LTZ(6)'], returns: 'INT', call: () => 1 };
