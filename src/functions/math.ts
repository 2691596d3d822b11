/** Functions of numbers: powers, logarithms, angles, chance. */
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { type DataType, isNumeric, layoutOf, types } from '../model/types.ts';
import { inRange } from './arithmetic.ts';
import { evaluationError } from './failure.ts';
import { JavaRandom } from './java-random.ts';
import { checkCount, fixed, mismatch, scalar } from './signature.ts';

const double = types.of('double');

/** A function of doubles that is a JavaScript expression of its arguments. */
function ofDoubles(
  name: string,
  description: string,
  source: (...args: string[]) => string,
  count = 1,
  aliases?: readonly string[],
): ScalarFunction {
  const usage = `${name}(${Array.from({ length: count }, (_, i) => `number${count === 1 ? '' : i + 1}`).join(', ')})`;
  const infer = fixed(
    usage,
    Array.from({ length: count }, () => 'double' as const),
    double,
  );
  const implement = (): Implementation => ({ kind: 'inline', source: (args) => source(...args) });
  return scalar({ name, aliases, category: 'arithmetic', usage, description, infer, implement });
}

function inferSame(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  if (!isNumeric(type)) throw mismatch(usage, args);
  return { args: [type], result: type };
}

/** Wraps as Java: the absolute value of the least integer is itself. */
function implementAbs({ result, wide }: ImplementContext): Implementation {
  if (wide && layoutOf(result) === 'int') {
    return { kind: 'inline', source: ([x]) => inRange(result, `(${x} < 0n ? -${x} : ${x})`, true) };
  }
  return { kind: 'inline', source: ([x]) => inRange(result, `Math.abs(${x})`, false) };
}

function implementSign({ result, wide }: ImplementContext): Implementation {
  const one = result.kind === 'decimal' ? 10 ** result.scale : 1;
  if (wide && layoutOf(result) === 'int') {
    return { kind: 'inline', source: ([x]) => `(${x} > 0n ? ${BigInt(one)}n : ${x} < 0n ? -${BigInt(one)}n : 0n)` };
  }
  return { kind: 'inline', source: ([x]) => `Math.sign(${x})${one === 1 ? '' : ` * ${one}`}` };
}

const randomUsage = 'RAND([seed])';
const randomIntegerUsage = 'RAND_INTEGER([seed, ] bound)';

/** A seeded sequence goes on from row to row. */
function implementRandom({ args, session }: ImplementContext): Implementation {
  if (args.length === 0) return { kind: 'call', call: () => session.random() };
  let sequence: JavaRandom | null = null;
  return {
    kind: 'call',
    call: (seed: number) => {
      sequence ??= new JavaRandom(seed);
      return sequence.nextDouble();
    },
  };
}

function implementRandomInteger({ args, session }: ImplementContext): Implementation {
  if (args.length === 1) {
    return { kind: 'call', call: (bound: number) => Math.floor(session.random() * positive(bound)) };
  }
  let sequence: JavaRandom | null = null;
  return {
    kind: 'call',
    call: (seed: number, bound: number) => {
      sequence ??= new JavaRandom(seed);
      return sequence.nextInt(positive(bound));
    },
  };
}

function positive(bound: number): number {
  if (bound > 0) return bound;
  throw evaluationError(`expected a bound above 0, got ${bound}`);
}

function constant(name: string, value: number, description: string): ScalarFunction {
  const infer = fixed(`${name}()`, [], types.of('double', false));
  const implement = (): Implementation => ({ kind: 'inline', source: () => String(value) });
  return scalar({ name, category: 'arithmetic', usage: `${name}()`, description, infer, implement });
}

/** As a two's complement number of 64 bits. */
function digitsOf(radix: 2 | 16): (value: number | bigint) => string {
  return (value) => BigInt.asUintN(64, BigInt(value)).toString(radix).toUpperCase();
}

function inferHex(args: readonly Argument[]): Signature {
  const usage = 'HEX(integer) or HEX(string)';
  checkCount(usage, args, 1);
  const [{ type }] = args as [Argument];
  const kind: DataType['kind'] = type.kind;
  return fixed(usage, [kind === 'char' || kind === 'varchar' ? 'string' : 'integer'], types.string())(args);
}

const encoder = new TextEncoder();

function hexOfText(text: string): string {
  return Array.from(encoder.encode(text), (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}

export const mathFunctions: readonly ScalarFunction[] = [
  ofDoubles('POWER', 'number1 to the power of number2.', (x, y) => `Math.pow(${x}, ${y})`, 2),
  ofDoubles('SQRT', 'The square root.', (x) => `Math.sqrt(${x})`),
  ofDoubles('EXP', 'e to the power of the number.', (x) => `Math.exp(${x})`),
  ofDoubles('LN', 'The natural logarithm.', (x) => `Math.log(${x})`),
  ofDoubles('LOG10', 'The logarithm to base 10.', (x) => `Math.log10(${x})`),
  ofDoubles('LOG2', 'The logarithm to base 2.', (x) => `Math.log(${x}) / Math.LN2`),
  ofDoubles('SIN', 'The sine.', (x) => `Math.sin(${x})`),
  ofDoubles('SINH', 'The hyperbolic sine.', (x) => `Math.sinh(${x})`),
  ofDoubles('COS', 'The cosine.', (x) => `Math.cos(${x})`),
  ofDoubles('COSH', 'The hyperbolic cosine.', (x) => `Math.cosh(${x})`),
  ofDoubles('TAN', 'The tangent.', (x) => `Math.tan(${x})`),
  ofDoubles('TANH', 'The hyperbolic tangent.', (x) => `Math.tanh(${x})`),
  ofDoubles('COT', 'The cotangent.', (x) => `1 / Math.tan(${x})`),
  ofDoubles('ASIN', 'The arc sine.', (x) => `Math.asin(${x})`),
  ofDoubles('ACOS', 'The arc cosine.', (x) => `Math.acos(${x})`),
  ofDoubles('ATAN', 'The arc tangent.', (x) => `Math.atan(${x})`),
  ofDoubles('ATAN2', 'The arc tangent of a coordinate.', (y, x) => `Math.atan2(${y}, ${x})`, 2),
  ofDoubles('DEGREES', 'Radians as degrees.', (x) => `${x} * ${180 / Math.PI}`),
  ofDoubles('RADIANS', 'Degrees as radians.', (x) => `${x} * ${Math.PI / 180}`),
  scalar({
    name: 'LOG',
    category: 'arithmetic',
    usage: 'LOG([base, ] number)',
    description: 'The natural logarithm, or that to a base.',
    infer: fixed('LOG([base, ] number)', ['double', 'double'], double, { required: 1 }),
    implement: () => ({
      kind: 'inline',
      source: ([x, y]) => (y === undefined ? `Math.log(${x})` : `Math.log(${y}) / Math.log(${x})`),
    }),
  }),
  constant('PI', Math.PI, 'The ratio of a circle to its diameter.'),
  constant('E', Math.E, "Euler's number."),
  scalar({
    name: 'ABS',
    category: 'arithmetic',
    usage: 'ABS(number)',
    description: 'The absolute value.',
    integers: 'any',
    infer: (args) => inferSame('ABS(number)', args),
    implement: implementAbs,
  }),
  scalar({
    name: 'SIGN',
    category: 'arithmetic',
    usage: 'SIGN(number)',
    description: '-1, 0 or 1, in the type of the number.',
    integers: 'any',
    infer: (args) => inferSame('SIGN(number)', args),
    implement: implementSign,
  }),
  scalar({
    name: 'RAND',
    category: 'arithmetic',
    usage: randomUsage,
    description: 'A random number in [0, 1); with a seed always the same sequence.',
    deterministic: false,
    infer: fixed(randomUsage, ['integer'], types.of('double', false), { required: 0 }),
    implement: implementRandom,
  }),
  scalar({
    name: 'RAND_INTEGER',
    category: 'arithmetic',
    usage: randomIntegerUsage,
    description: 'A random integer in [0, bound); with a seed always the same sequence.',
    deterministic: false,
    infer: fixed(randomIntegerUsage, ['integer', 'integer'], types.of('int', false), { required: 1 }),
    implement: implementRandomInteger,
  }),
  scalar({
    name: 'HEX',
    category: 'arithmetic',
    usage: 'HEX(integer) or HEX(string)',
    description: "Hexadecimal digits of an integer or of a string's UTF-8 bytes.",
    integers: 'any',
    infer: inferHex,
    implement: ({ args }) => {
      const { kind } = args[0]!.type;
      return { kind: 'call', call: kind === 'char' || kind === 'varchar' ? hexOfText : digitsOf(16) };
    },
  }),
  scalar({
    name: 'BIN',
    category: 'arithmetic',
    usage: 'BIN(integer)',
    description: 'Binary digits of an integer.',
    integers: 'any',
    infer: fixed('BIN(integer)', ['integer'], types.string()),
    implement: () => ({ kind: 'call', call: digitsOf(2) }),
  }),
];
