/** REGEXP, REGEXP_EXTRACT, REGEXP_REPLACE and the like, over Java's regular expressions; SIMILAR TO over SQL's. */
import type { ImplementContext, ScalarFunction, SqlValue } from '../model/function.ts';
import { types } from '../model/types.ts';
import { regexpCache } from './java-regexp.ts';
import { fixed, type Parameter, scalar } from './signature.ts';
import { similarMatcher } from './similar.ts';

type Run = (regexp: RegExp, text: string, extra: never) => SqlValue;

/** A function of a string and a pattern; `otherwise` where the pattern is no regular expression. */
function ofPattern(
  usage: string,
  description: string,
  options: Readonly<{
    extra?: Parameter;
    required?: number;
    result?: ReturnType<typeof types.string>;
    mayBeNull?: boolean;
    flags?: string;
    otherwise?: SqlValue;
    aliases?: readonly string[];
  }>,
  run: Run,
): ScalarFunction {
  const { extra, result = types.string(), mayBeNull = true, flags = '', otherwise = null, aliases } = options;
  const parameters: Parameter[] = ['string', 'string', ...(extra === undefined ? [] : [extra])];
  return scalar({
    name: usage.slice(0, usage.indexOf('(')),
    aliases,
    category: 'string',
    usage,
    description,
    infer: fixed(usage, parameters, result, { required: options.required ?? parameters.length, mayBeNull }),
    implement: (ctx) => {
      const get = cacheOf(ctx, flags);
      return {
        kind: 'call',
        call: (text: string, pattern: string, third: never) => {
          const regexp = get(pattern);
          return regexp === null ? otherwise : run(regexp, text, third);
        },
      };
    },
  });
}

/** A constant pattern is compiled, or refused, when the job is made. */
function cacheOf({ args }: ImplementContext, flags: string): (pattern: string) => RegExp | null {
  const get = regexpCache(flags);
  const constant = args[1]?.literal;
  if (typeof constant === 'string') get(constant);
  return get;
}

function groupCount(regexp: RegExp): number {
  return new RegExp(`${regexp.source}|`, regexp.flags).exec('')!.length - 1;
}

const similarUsage = 'string SIMILAR TO pattern [ESCAPE character]';

export const regexpFunctions: readonly ScalarFunction[] = [
  ofPattern(
    'REGEXP(string, pattern)',
    'Whether a part of the string matches the regular expression; an empty one matches nothing.',
    { result: types.of('boolean'), mayBeNull: false, otherwise: false },
    (regexp, text) => regexp.source !== '(?:)' && regexp.test(text),
  ),
  ofPattern(
    'REGEXP_COUNT(string, pattern)',
    'How often the regular expression matches; NULL where it is none.',
    { result: types.of('int'), flags: 'g' },
    (regexp, text) => [...text.matchAll(regexp)].length,
  ),
  ofPattern(
    'REGEXP_EXTRACT(string, pattern [, group])',
    'What the regular expression, or one of its groups, first matches; NULL where nothing does.',
    { extra: 'integer', required: 2 },
    (regexp, text, group: number = 0) => regexp.exec(text)?.[group] ?? null,
  ),
  ofPattern(
    'REGEXP_EXTRACT_ALL(string, pattern [, group])',
    'All that a group of the regular expression matches; the first group if none is named, 0 is the whole.',
    { extra: 'integer', required: 2, result: types.array(types.string()), flags: 'g' },
    (regexp, text, group: number = 1) => {
      if (group < 0 || group > groupCount(regexp)) return null;
      return Array.from(text.matchAll(regexp), (match) => match[group] ?? null);
    },
  ),
  ofPattern(
    'REGEXP_INSTR(string, pattern)',
    'Where the regular expression first matches, from 1 and in units of UTF-16; 0 where it does not.',
    { result: types.of('int') },
    (regexp, text) => (regexp.exec(text)?.index ?? -1) + 1,
  ),
  ofPattern(
    'REGEXP_SUBSTR(string, pattern)',
    'What the regular expression first matches; NULL where nothing does.',
    {},
    (regexp, text) => regexp.exec(text)?.[0] ?? null,
  ),
  ofPattern(
    'REGEXP_REPLACE(string, pattern, replacement)',
    'The string with every match of the regular expression replaced.',
    { extra: 'string', flags: 'g' },
    (regexp, text, replacement: string) => text.replace(regexp, () => replacement),
  ),
  scalar({
    name: 'SIMILAR TO',
    category: 'comparison',
    usage: similarUsage,
    description: "Whether the string matches a regular expression of SQL's: % and _ as in LIKE, and | * + ? {n} () [].",
    infer: fixed(similarUsage, ['string', 'string', 'string'], types.of('boolean'), { required: 2 }),
    implement: () => {
      let [knownPattern, knownMark]: (string | null)[] = [null, null];
      let matches: (text: string) => boolean = () => false;
      return {
        kind: 'call',
        call: (text: string, pattern: string, mark = '') => {
          if (pattern !== knownPattern || mark !== knownMark) matches = similarMatcher(pattern, mark);
          [knownPattern, knownMark] = [pattern, mark];
          return matches(text);
        },
      };
    },
  }),
];
