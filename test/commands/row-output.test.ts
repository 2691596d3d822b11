import { describe, expect, it } from 'vitest';
import { type OutputFormat, rowOutput } from '../../src/commands/row-output.ts';
import { memoryTerminal } from './terminal.ts';

const lines = [
  '{"op":"+I","row":{"id":9223372036854775807,"name":"a, \\"b\\"","v":1.50}}',
  '{"op":"+I","row":{"id":2,"name":null,"v":1.0E10}}',
];

async function show(format: OutputFormat, given: readonly string[], columns = ['id', 'name', 'v']): Promise<string> {
  const out = memoryTerminal();
  const output = rowOutput(format, columns, out);
  if (given.length > 0) await output.lines(given);
  await output.end();
  return out.text();
}

describe('rows', () => {
  it('as jsonl are the changelog as it came', async () => {
    expect(await show('jsonl', lines)).toBe(`${lines.join('\n')}\n`);
  });

  it('as csv keep every digit and quote what needs it', async () => {
    expect(await show('csv', lines)).toBe('id,name,v\r\n9223372036854775807,"a, ""b""",1.50\r\n2,,1.0E10\r\n');
  });

  it('as a table stand in columns, numbers to the right', async () => {
    expect(await show('table', lines)).toBe(
      [
        '+---------------------+--------+--------+',
        '|                  id | name   |      v |',
        '+---------------------+--------+--------+',
        '| 9223372036854775807 | a, "b" |   1.50 |',
        '|                   2 | NULL   | 1.0E10 |',
        '+---------------------+--------+--------+',
        '2 rows\n',
      ].join('\n'),
    );
  });

  it.each([
    ['jsonl', ''],
    ['csv', 'id,name,v\r\n'],
    ['table', '+----+------+---+\n| id | name | v |\n+----+------+---+\n+----+------+---+\n0 rows\n'],
  ] as const)('that are none, as %s', async (format, expected) => {
    expect(await show(format, [])).toBe(expected);
  });

  it('with nested values are JSON inside a cell', async () => {
    const line = '{"op":"+I","row":{"a":[1,{"b":9007199254740993}]}}';
    expect(await show('csv', [line], ['a'])).toBe('a\r\n"[1,{""b"":9007199254740993}]"\r\n');
  });

  it('of other origin are told alike', async () => {
    const out = memoryTerminal();
    const output = rowOutput('jsonl', ['a', 'b'], out);
    await output.rows([
      [1n, 'x'],
      [null, true],
    ]);
    expect(out.text()).toBe('{"op":"+I","row":{"a":1,"b":"x"}}\n{"op":"+I","row":{"a":null,"b":true}}\n');
  });
});
