/** MD5, SHA1, SHA224 … SHA512, SHA2: digests of a string's UTF-8 bytes in hexadecimal digits. */
// biome-ignore lint/style/noRestrictedImports: a digest is a pure function, and this is the runtime's
import { createHash } from 'node:crypto';
import type { Argument, ScalarFunction, Signature } from '../model/function.ts';
import { isInteger, types } from '../model/types.ts';
import { evaluationError } from './failure.ts';
import { accept, anyNullable, checkCount, fixed, mismatch, scalar } from './signature.ts';

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text, 'utf8').digest('hex');
}

function hash(name: string, algorithm: string): ScalarFunction {
  const usage = `${name}(string)`;
  return scalar({
    name,
    category: 'hash',
    usage,
    description: `The ${algorithm.toUpperCase().replace(/^SHA(?=\d{3})/, 'SHA-')} digest.`,
    infer: fixed(usage, ['string'], types.string()),
    implement: () => ({ kind: 'call', call: (text: string) => digest(algorithm, text) }),
  });
}

const sha2Usage = 'SHA2(string, bits)';
const lengths: readonly unknown[] = [224, 256, 384, 512];

function inferSha2(args: readonly Argument[]): Signature {
  checkCount(sha2Usage, args, 2);
  const [text, bits] = [accept('string', args[0]!.type), accept('integer', args[1]!.type)];
  const constant = args[1]!.literal;
  const isWrong = typeof constant === 'number' && !lengths.includes(constant);
  if (text === null || bits === null || !isInteger(bits) || isWrong) {
    throw mismatch(sha2Usage, args, 'The bits are 224, 256, 384 or 512.');
  }
  return { args: [text, bits], result: types.string(anyNullable(args)) };
}

export const hashFunctions: readonly ScalarFunction[] = [
  hash('MD5', 'md5'),
  hash('SHA1', 'sha1'),
  hash('SHA224', 'sha224'),
  hash('SHA256', 'sha256'),
  hash('SHA384', 'sha384'),
  hash('SHA512', 'sha512'),
  scalar({
    name: 'SHA2',
    category: 'hash',
    usage: sha2Usage,
    description: 'The SHA-2 digest of so many bits: 224, 256, 384 or 512.',
    infer: inferSha2,
    implement: () => ({
      kind: 'call',
      call: (text: string, bits: number) => {
        if (!lengths.includes(bits)) throw evaluationError(`SHA2: expected 224, 256, 384 or 512 bits, got ${bits}`);
        return digest(`sha${bits}`, text);
      },
    }),
  }),
];
