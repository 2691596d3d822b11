/** || and LIKE. */
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { isCharacter, maxStringLength, types } from '../model/types.ts';
import { likeMatcher } from './like.ts';
import { anyNullable, checkCount, fixed, mismatch } from './signature.ts';

const concatUsage = 'string1 || string2';

/** The lengths add up, as in Calcite. */
function inferConcat(args: readonly Argument[]): Signature {
  checkCount(concatUsage, args, 2);
  const taken = args.map(({ type }) => (type.kind === 'null' ? types.string() : type));
  const characters = taken.filter(isCharacter);
  if (characters.length < taken.length) throw mismatch(concatUsage, args, 'Cast the other values to STRING.');
  const length = Math.min(
    maxStringLength,
    characters.reduce((sum, type) => sum + type.length, 0),
  );
  const kind = characters.every((type) => type.kind === 'char') ? 'char' : 'varchar';
  return { args: taken, result: { kind, length, nullable: anyNullable(args) } };
}

const likeUsage = 'string LIKE pattern [ESCAPE character]';

const noEscape = '';

function implementLike({ args }: ImplementContext): Implementation {
  const [, pattern, mark] = args;
  const constantEscape = mark === undefined ? noEscape : mark.literal;
  if (typeof pattern?.literal === 'string' && typeof constantEscape === 'string') {
    return { kind: 'call', call: likeMatcher(pattern.literal, constantEscape) };
  }
  let [knownPattern, knownEscape]: (string | null)[] = [null, null];
  let matches: (text: string) => boolean = () => false;
  return {
    kind: 'call',
    call: (text: string, nextPattern: string, nextEscape: string = noEscape) => {
      if (nextPattern !== knownPattern || nextEscape !== knownEscape) {
        matches = likeMatcher(nextPattern, nextEscape);
        [knownPattern, knownEscape] = [nextPattern, nextEscape];
      }
      return matches(text);
    },
  };
}

export const matchFunctions: readonly ScalarFunction[] = [
  {
    kind: 'scalar',
    name: '||',
    category: 'string',
    usage: concatUsage,
    description: 'Both strings, one behind the other.',
    deterministic: true,
    nulls: 'strict',
    infer: inferConcat,
    implement: () => ({ kind: 'inline', source: ([a, b]) => `${a} + ${b}` }),
  },
  {
    kind: 'scalar',
    name: 'LIKE',
    category: 'comparison',
    usage: likeUsage,
    description: 'Whether the string matches a pattern: % for any characters, _ for one.',
    deterministic: true,
    nulls: 'strict',
    infer: fixed(likeUsage, ['string', 'string', 'string'], types.of('boolean'), { required: 2 }),
    implement: implementLike,
  },
];
