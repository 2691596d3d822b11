/** REGEXP, REGEXP_EXTRACT, REGEXP_REPLACE: Java's regular expressions, as far as JavaScript has the same. */
import { EngineError } from '../model/errors.ts';
import type { ImplementContext, ScalarFunction } from '../model/function.ts';
import { types } from '../model/types.ts';
import { fixed, scalar } from './signature.ts';

/** What only Java knows, or knows otherwise: it must not be taken for something else. */
function isOnlyJava(pattern: string): boolean {
  const withoutBackslashes = pattern.replaceAll('\\\\', '');
  const withoutEscapes = pattern.replaceAll(/\\[\s\S]/g, '');
  const withoutClasses = withoutEscapes.replaceAll(/\[[^\]]*\]/g, '[]');
  return (
    /\\(?:[AGQRXZhz]|[pP]\{(?!L[a-z]?\}))/.test(withoutBackslashes) ||
    /\[[^\]]*&&/.test(withoutEscapes) ||
    /[*+?}]\+|\(\?>|\(\?[a-zA-Z-]+\)/.test(withoutClasses)
  );
}

const leadingFlags = /^\(\?([ims]+)\)/;

/** null where it is no regular expression at all, for which Flink's functions give NULL or false. */
function compile(pattern: string, flags: string): RegExp | null {
  const leading = leadingFlags.exec(pattern);
  const body = leading === null ? pattern : pattern.slice(leading[0].length);
  if (isOnlyJava(body)) {
    throw new EngineError('UNSUPPORTED', `the regular expression '${pattern}' has parts that only Java understands`, {
      hint: 'Write it without \\p{…}, \\Q, \\A, \\z, possessive quantifiers, class intersections and atomic groups.',
    });
  }
  const all = flags + [...new Set(leading?.[1] ?? '')].join('');
  return tryCompile(body, `${all}u`) ?? tryCompile(body, all);
}

function tryCompile(body: string, flags: string): RegExp | null {
  try {
    return new RegExp(body, flags);
  } catch {
    return null;
  }
}

/** Keeps the last pattern: it is a constant nearly always, and then compiled with the code. */
function compiler({ args }: ImplementContext, flags = ''): (pattern: string) => RegExp | null {
  let known: string | null = null;
  let compiled: RegExp | null = null;
  const get = (pattern: string): RegExp | null => {
    if (pattern !== known) {
      compiled = compile(pattern, flags);
      known = pattern;
    }
    return compiled;
  };
  const constant = args[1]?.literal;
  if (typeof constant === 'string') get(constant);
  return get;
}

const extractUsage = 'REGEXP_EXTRACT(string, pattern [, group])';
const replaceUsage = 'REGEXP_REPLACE(string, pattern, replacement)';

export const regexpFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'REGEXP',
    category: 'string',
    usage: 'REGEXP(string, pattern)',
    description: 'Whether a part of the string matches the regular expression.',
    infer: fixed('REGEXP(string, pattern)', ['string', 'string'], types.of('boolean')),
    implement: (ctx) => {
      const get = compiler(ctx);
      return {
        kind: 'call',
        call: (text: string, pattern: string) => pattern !== '' && get(pattern)?.test(text) === true,
      };
    },
  }),
  scalar({
    name: 'REGEXP_EXTRACT',
    category: 'string',
    usage: extractUsage,
    description: 'What the regular expression, or one of its groups, first matches; NULL where nothing does.',
    infer: fixed(extractUsage, ['string', 'string', 'integer'], types.string(), { required: 2, mayBeNull: true }),
    implement: (ctx) => {
      const get = compiler(ctx);
      return {
        kind: 'call',
        call: (text: string, pattern: string, group = 0) => get(pattern)?.exec(text)?.[group] ?? null,
      };
    },
  }),
  scalar({
    name: 'REGEXP_REPLACE',
    category: 'string',
    usage: replaceUsage,
    description: 'The string with every match of the regular expression replaced.',
    infer: fixed(replaceUsage, ['string', 'string', 'string'], types.string(), { mayBeNull: true }),
    implement: (ctx) => {
      const get = compiler(ctx, 'g');
      return {
        kind: 'call',
        call: (text: string, pattern: string, replacement: string) => {
          const regex = get(pattern);
          return regex === null ? null : text.replace(regex, () => replacement);
        },
      };
    },
  }),
];
