import { describe, expect, it } from 'vitest';
import { columnWriter } from '../../src/formats/column-writers.ts';
import { batchOf, type Column, type ColumnBatch } from '../../src/model/column.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';
import { blackholeConnector } from '../../src/sinks/blackhole.ts';
import { collectWriter } from '../../src/sinks/collect.ts';
import { printConnector } from '../../src/sinks/print.ts';
import { connectorContext, tableOf } from '../support/reader-harness.ts';
import { describeSink } from '../support/sink-conformance.ts';
import { writerContext } from '../support/writer-context.ts';

function columnOf(type: DataType, values: readonly unknown[]): Column {
  const writer = columnWriter(type, values.length, new StringPool());
  for (const [row, value] of values.entries()) writer.set(row, value);
  return writer.column(values.length);
}

const fields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'n', type: types.of('int') },
];

function batch(numbers: readonly number[]): ColumnBatch {
  return batchOf(numbers.length, [
    columnOf(
      types.string(),
      numbers.map(() => 'k'),
    ),
    columnOf(types.of('int'), numbers),
  ]);
}

async function print(
  written: ColumnBatch,
  of: readonly Field[],
  options: Readonly<Record<string, string>> = {},
  parallelism = 1,
) {
  const config = await printConnector.sink!.plan(tableOf(of, { connector: 'print', ...options }), connectorContext());
  const context = writerContext({ parallelism, subtaskIndex: parallelism - 1 });
  const writer = printConnector.sink!.writer(config, context);
  writer.write(written);
  await writer.prepareCommit(1);
  await writer.close();
  return context.printed.join('');
}

describeSink('print', async () => {
  const config = await printConnector.sink!.plan(tableOf(fields, { connector: 'print' }), connectorContext());
  const printed: string[] = [];
  return {
    guarantee: 'at-least-once',
    writer: (subtaskIndex, runId) =>
      printConnector.sink!.writer(
        config,
        writerContext({ subtaskIndex, runId }, { print: async (text) => void printed.push(text) }),
      ),
    committer: () => null,
    batch,
    visible: async () => Array.from(printed.join('').matchAll(/, (\d+)\]/g), (match) => Number(match[1])),
  };
});

describeSink('collect', async () => {
  const lines: string[] = [];
  const collect = async (_pipeline: number, rows: readonly string[]) => void lines.push(...rows);
  return {
    guarantee: 'at-least-once',
    writer: (subtaskIndex, runId) => collectWriter(0, fields, writerContext({ subtaskIndex, runId }, { collect })),
    committer: () => null,
    batch,
    visible: async () => lines.map((line) => (JSON.parse(line) as { row: { n: number } }).row.n),
  };
});

describe('print', () => {
  it('writes rows with their kind', async () => {
    const changes = { ...batch([1, 2, 3, 4]), ops: Uint8Array.of(0, 1, 2, 3) };
    expect(await print(changes, fields)).toBe('+I[k, 1]\n-U[k, 2]\n+U[k, 3]\n-D[k, 4]\n');
  });

  it('begins lines with identifier and subtask, where there are any', async () => {
    expect(await print(batch([1]), fields, { 'print-identifier': 'out' })).toBe('out> +I[k, 1]\n');
    expect(await print(batch([1]), fields, { 'print-identifier': 'out' }, 3)).toBe('out:3> +I[k, 1]\n');
    expect(await print(batch([1]), fields, {}, 3)).toBe('3> +I[k, 1]\n');
  });

  const values: readonly [DataType, unknown, string][] = [
    [types.of('boolean'), true, 'true'],
    [types.of('double'), 1, '1.0'],
    [types.of('float'), Math.fround(0.1), '0.1'],
    [types.decimal(10, 2), -5, '-0.05'],
    [types.of('bigint'), 9223372036854775807n, '9223372036854775807'],
    [types.of('date'), 18321, '2020-02-29'],
    [types.time(), 43_980_000, '12:13'],
    [types.timestamp(3), 1609330380000, '2020-12-30T12:13'],
    [types.timestamp(3), 1609330394120, '2020-12-30T12:13:14.120'],
    [types.timestampLtz(3), 1609330380000, '2020-12-30T12:13:00Z'],
    [types.bytes(), Uint8Array.of(1, 255), '[1, -1]'],
    [types.array(types.of('int')), [1, null], '[1, null]'],
    [types.map(types.string(), types.of('double')), new Map([['a', 2]]), '{a=2.0}'],
    [types.row([{ name: 'x', type: types.of('int') }]), [1], '+I[1]'],
    [types.string(), null, 'null'],
  ];
  it.each(values)('writes %o: %s', async (type, value, text) => {
    expect(await print(batchOf(1, [columnOf(type, [value])]), [{ name: 'v', type }])).toBe(`+I[${text}]\n`);
  });

  it('waits while much is not yet printed', async () => {
    const config = await printConnector.sink!.plan(tableOf(fields, { connector: 'print' }), connectorContext());
    let release = (): void => undefined;
    const host = { print: () => new Promise<void>((resolve) => (release = resolve)) };
    const writer = printConnector.sink!.writer(config, writerContext({}, host));
    writer.write(batch([1]));
    expect(writer.ready()).toBe(null);
    writer.write(batch(Array.from({ length: 200_000 }, (_, i) => i)));
    expect(writer.ready()).not.toBe(null);
    release();
  });
});

describe('collect', () => {
  it('gives rows as the SQL Gateway prints them', async () => {
    const of = [
      { name: 'k', type: types.string() },
      { name: 't', type: types.timestamp(3) },
      { name: 'l', type: types.timestampLtz(3) },
      { name: 'd', type: types.of('double') },
      { name: 'm', type: types.decimal(10, 2) },
    ];
    const values = ['a"', 1609330394000, 1609330394101, 4, 625];
    const context = writerContext();
    const writer = collectWriter(0, of, context);
    writer.write({
      ...batchOf(
        1,
        of.map(({ type }, i) => columnOf(type, [values[i]])),
      ),
      ops: Uint8Array.of(2),
    });
    await writer.prepareCommit(1);
    expect(context.collected).toEqual([
      '{"op":"+U","row":{"k":"a\\"","t":"2020-12-30T12:13:14","l":"2020-12-30T12:13:14.101Z","d":4.0,"m":6.25}}',
    ]);
  });
});

describe('blackhole', () => {
  it('takes rows and options of its own only', async () => {
    const sink = blackholeConnector.sink!;
    const writer = sink.writer(
      await sink.plan(tableOf(fields, { connector: 'blackhole' }), connectorContext()),
      writerContext(),
    );
    writer.write(batch([1]));
    expect(await writer.prepareCommit(1)).toEqual([]);
    expect(() => sink.plan(tableOf(fields, { connector: 'blackhole', path: 'x' }), connectorContext())).toThrow(
      /unknown option 'path'/,
    );
  });
});
