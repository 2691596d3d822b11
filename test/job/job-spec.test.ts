// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how parameters look in a script
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJobSpec, resolveParameters } from '../../src/job/job-spec.ts';
import { type ParameterSpec, parseValue } from '../../src/job/parameter.ts';
import { substituteParameters } from '../../src/job/substitution.ts';

const whole = `apiVersion: millrace/v1
kind: Job
metadata:
  name: creator-analytics
  team: growth
  description: Views per creator and minute
  aliases: [creator stats]
spec:
  engine: millrace
  parallelism: 4
  checkpoint: { interval: 10s }
  sql: creator-analytics.sql
  parameters:
    topic: { type: topic, default: content-events }
    window: { type: duration, default: 1m, min: 10s, max: 1h }
    token: { type: secret, env: TOKEN }
`;

const noSecrets = () => undefined;

describe('a job spec', () => {
  it('is read whole', () => {
    const spec = parseJobSpec(whole, 'job spec');
    expect(spec).toMatchObject({
      name: 'creator-analytics',
      team: 'growth',
      aliases: ['creator stats'],
      engine: 'millrace',
      sql: { kind: 'file', path: 'creator-analytics.sql' },
    });
    expect([...spec.settings]).toEqual([
      ['pipeline.name', 'creator-analytics'],
      ['parallelism.default', '4'],
      ['execution.checkpointing.interval', '10s'],
    ]);
    expect(spec.parameters.map(({ name, type }) => [name, type])).toEqual([
      ['topic', 'topic'],
      ['window', 'duration'],
      ['token', 'secret'],
    ]);
  });

  it('may hold the SQL itself', () => {
    const spec = parseJobSpec(whole.replace('creator-analytics.sql', '|\n    SELECT 1;\n    SELECT 2'), 'job spec');
    expect(spec.sql).toEqual({ kind: 'text', text: 'SELECT 1;\nSELECT 2\n' });
  });

  it.each([
    ['name: creator-analytics', 'name: Creator', 'line 4: metadata.name', /lower-case letters/],
    ['name: creator-analytics', 'nam: x', 'line 4: metadata.nam', /unknown field/],
    ['engine: millrace', 'engine: spark', 'line 9: spec.engine', /'millrace' or 'flink', found "spark"/],
    ['parallelism: 4', 'parallelism: many', 'line 10: spec.parallelism', /a whole number/],
    ['kind: Job', 'kind: Mirror', 'line 2: kind', /'Job'/],
    ['sql: creator-analytics.sql', 'sql: 5', 'line 12: spec.sql', /a path that ends in .sql/],
    ['type: topic,', 'type: tpic,', 'line 14: spec.parameters.topic.type', /'topic' or 'duration'/],
    ['default: content-events', 'default: content events', 'line 14: spec.parameters.topic.default', /a topic name/],
    ['default: content-events', 'min: 1', 'line 14: spec.parameters.topic.min', /no such field for type 'topic'/],
    ['default: 1m', 'default: 2h', 'line 15: spec.parameters.window.default', /from 10s up to 1h/],
    ['min: 10s', 'min: ten', 'line 15: spec.parameters.window.min', /a duration/],
    ['env: TOKEN', 'default: abc', 'line 16: spec.parameters.token.default', /no such field/],
    [', env: TOKEN', '', 'line 16: spec.parameters.token', /'env' or 'file'/],
  ])('with %s as %s is refused at %s', (before, after, where, message) => {
    const text = whole.replace(before, after);
    expect(text).not.toBe(whole);
    expect(() => parseJobSpec(text, 'job spec')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`job spec, ${where}`) }),
    );
    expect(() => parseJobSpec(text, 'job spec')).toThrow(message);
  });
});

describe('parameters', () => {
  const { parameters } = parseJobSpec(whole, 'job spec');
  const withToken = (name: string) => (name === 'TOKEN' ? "it's secret" : undefined);
  const read = (origin: { name: string }) => withToken(origin.name);

  it('take the command line before the default, and secrets from their origin', () => {
    const { values, secrets } = resolveParameters(parameters, new Map([['window', '30 s']]), read);
    expect(values.get('topic')!.literal).toBe("'content-events'");
    expect(values.get('window')!.literal).toBe("INTERVAL '30' SECOND");
    expect(values.get('token')!.literal).toBe("'it''s secret'");
    expect(secrets).toEqual(["it's secret"]);
  });

  it.each([
    [{ windw: '1m' }, 'INVALID_OPTION', /'windw' is not declared/],
    [{ window: '2 h' }, 'INVALID_OPTION', /from 10s up to 1h, got '2 h'/],
    [{ token: 'x' }, 'INVALID_OPTION', /can't be given on the command line/],
  ])('refuse %o', (given, code, message) => {
    expect(() => resolveParameters(parameters, new Map(Object.entries(given)), read)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('refuse a secret that is nowhere', () => {
    expect(() => resolveParameters(parameters, new Map(), noSecrets)).toThrow(/environment variable TOKEN, found none/);
  });

  const of = (type: ParameterSpec['type'], more: Partial<ParameterSpec> = {}): ParameterSpec => ({
    name: 'p',
    type,
    values: [],
    ...more,
  });

  it.each([
    ['topic', 'a.b_c-d', "'a.b_c-d'"],
    ['string', "O'Hara", "'O''Hara'"],
    ['integer', '-5', '(-5)'],
    ['integer', '9223372036854775807', '9223372036854775807'],
    ['double', '1.5', '1.5E0'],
    ['double', '-2e300', '(-2E300)'],
    ['double', '0.001', '1E-3'],
    ['boolean', 'True', 'TRUE'],
    ['timestamp', '2020-01-31T12:00:00.500', "TIMESTAMP '2020-01-31 12:00:00.5'"],
    ['timestamp', '2020-01-31 12:00:00', "TIMESTAMP '2020-01-31 12:00:00'"],
    ['duration', '90 s', "INTERVAL '90' SECOND"],
    ['duration', '2 h', "INTERVAL '2' HOUR"],
    ['duration', '7 d', "INTERVAL '7' DAY"],
    ['duration', '500 ms', "INTERVAL '0 00:00:00.500' DAY(2) TO SECOND(3)"],
    ['duration', '101 h', "INTERVAL '4 05:00:00.000' DAY(2) TO SECOND(3)"],
  ] as const)('of type %s are written into SQL: %s is %s', (type, text, literal) => {
    expect(parseValue(text, of(type))).toMatchObject({ kind: 'value', value: { literal } });
  });

  it.each([
    ['topic', 'a b'],
    ['topic', '..'],
    ['integer', '1.5'],
    ['integer', '9223372036854775808'],
    ['double', 'one'],
    ['boolean', 'yes'],
    ['timestamp', 'yesterday'],
    ['duration', '5 fortnights'],
  ] as const)('of type %s refuse %s', (type, text) => {
    expect(parseValue(text, of(type)).kind).toBe('fault');
  });

  it('of an enum are one of its values', () => {
    expect(parseValue('b', of('enum', { values: ['a', 'b'] }))).toMatchObject({ value: { literal: "'b'" } });
    expect(parseValue('c', of('enum', { values: ['a', 'b'] }))).toEqual({ kind: 'fault', expected: "'a' or 'b'" });
  });
});

describe('substitution', () => {
  const values = new Map([
    ['a', { text: "it's", literal: "'it''s'" }],
    ['n', { text: '5', literal: '5' }],
  ]);
  const put = (script: string) => substituteParameters(script, values).text;

  it.each([
    ['SELECT ${n}', 'SELECT 5'],
    ['SELECT ${a}', "SELECT 'it''s'"],
    ["SELECT 'x ${a} y'", "SELECT 'x it''s y'"],
    ["SELECT 'don''t ${n}'", "SELECT 'don''t 5'"],
    ['SELECT $n, {n}, $ {n}', 'SELECT $n, {n}, $ {n}'],
    ['SELECT -${n}', 'SELECT -5'],
  ])('makes %s to %s', (script, expected) => {
    expect(put(script)).toBe(expected);
  });

  it.each([
    ['SELECT `${a}`', /line 1, column 9: \$\{a\} can't stand in an identifier/],
    ['SELECT 1 -- ${a}', /line 1, column 13: \$\{a\} can't stand in a comment/],
    ['SELECT /*\n${a} */ 1', /line 2, column 1: \$\{a\} can't stand in a comment/],
    ['SELECT t_${n}', /line 1, column 10: \$\{n\} can't be a part of an identifier/],
    ['SELECT ${n}x', /can't be a part of an identifier/],
    ['SELECT\n  ${nn}', /line 2, column 3: parameter 'nn' is not declared/],
    ["SELECT '${missing}'", /line 1, column 9: parameter 'missing' is not declared/],
  ])('refuses %s', (script, message) => {
    expect(() => put(script)).toThrow(message);
  });

  it('says which parameters were used', () => {
    expect([...substituteParameters("SELECT '${a}'", values).used]).toEqual(['a']);
  });

  it('never lets a text out of its quotes', () => {
    const spec: ParameterSpec = { name: 's', type: 'string', values: [] };
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseValue(text, spec);
        if (parsed.kind === 'fault') return false;
        const script = substituteParameters("${s};'${s}'", new Map([['s', parsed.value]])).text;
        const [outside, inside] = script
          .match(/'(?:[^']|'')*'/g)!
          .map((quoted) => quoted.slice(1, -1).replaceAll("''", "'"));
        return script === `${parsed.value.literal};${parsed.value.literal}` && outside === text && inside === text;
      }),
    );
  });
});
