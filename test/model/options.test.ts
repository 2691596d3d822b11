import { describe, expect, it } from 'vitest';
import { checkOptions, nearest, type OptionSpec, parseDuration } from '../../src/model/options.ts';

const specs: readonly OptionSpec[] = [
  { key: 'path', kind: 'string', required: true, description: 'Where.' },
  { key: 'size', kind: 'memory', default: '64 mb', min: 1, description: 'How large.' },
  { key: 'wait', kind: 'duration', description: 'How long.' },
  { key: 'mode', kind: 'enum', values: ['Fast', 'slow'], description: 'How.' },
  { key: 'topics', kind: 'list', description: 'Which.' },
  { key: 'strict', kind: 'boolean', default: 'false', description: 'Whether.' },
  { key: 'properties.', kind: 'map', description: 'More.' },
];

const check = (given: Record<string, string>) => checkOptions(new Map(Object.entries(given)), specs, 'table `t`');

describe('options', () => {
  it('are read by their kinds, with defaults', () => {
    const options = check({ path: '/x', wait: '2 min', mode: 'FAST', topics: 'a; b;', 'properties.acks': 'all' });
    expect(options.string('path')).toBe('/x');
    expect([options.number('size'), options.number('wait')]).toEqual([64 * 1024 * 1024, 120_000]);
    expect([options.string('mode'), options.boolean('strict')]).toEqual(['Fast', false]);
    expect(options.list('topics')).toEqual(['a', 'b']);
    expect([...options.map('properties.')]).toEqual([['acks', 'all']]);
  });

  it.each<[Record<string, string>, RegExp, RegExp]>([
    [{}, /table `t`: option 'path' is required/, /Where\./],
    [{ path: 'x', siez: '1' }, /unknown option 'siez'/, /Did you mean 'size'/],
    [{ path: 'x', colour: 'red' }, /unknown option 'colour'/, /Known options: .*path/],
    [{ path: 'x', size: '0' }, /'size': expected a size .* from 1/, /How large/],
    [{ path: 'x', wait: 'soon' }, /'wait': expected a duration such as '10 s'.*got 'soon'/, /How long/],
    [{ path: 'x', mode: 'medium' }, /'mode': expected one of 'Fast', 'slow', got 'medium'/, /How/],
    [{ path: 'x', strict: 'yes' }, /'strict': expected 'true' or 'false', got 'yes'/, /Whether/],
  ])('%j are refused', (given, message, hint) => {
    expect(() => check(given)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it.each([
    ['10 s', 10_000],
    ['500ms', 500],
    ['1 min', 60_000],
    ['2h', 7_200_000],
    ['3', 3],
    ['PT1M30S', 90_000],
    ['1 fortnight', undefined],
    ['', undefined],
    ['-1 s', undefined],
  ])('the duration %j', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it('suggest what is near, and nothing that is far', () => {
    expect(nearest('formta', ['format', 'path'])).toBe('format');
    expect(nearest('zzz', ['format', 'path'])).toBeUndefined();
  });
});
