/** Functions that only stand before OVER: ranks, and rows before the current one. Their implementations: operators/over. */
import { EngineError } from '../model/errors.ts';
import type { Argument, Signature } from '../model/function.ts';
import { type DataType, isInteger, types, withNullable } from '../model/types.ts';
import { castKind } from './cast.ts';
import { checkCount, mismatch } from './signature.ts';

export type OverFunction = Readonly<{
  name: OverFunctionName;
  usage: string;
  description: string;
  /** Throws EngineError SQL_VALIDATION that says what it takes. */
  infer: (args: readonly Argument[]) => Signature;
}>;

export type OverFunctionName = 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK' | 'LAG';

const lagUsage = 'LAG(value [, offset [, default]])';

function rank(name: OverFunctionName, description: string): OverFunction {
  const usage = `${name}()`;
  const infer = (args: readonly Argument[]): Signature => {
    checkCount(usage, args, 0);
    return { args: [], result: types.of('bigint', false) };
  };
  return { name, usage, description, infer };
}

/** The result is NULL where neither the row nor a default is there. */
function inferLag(args: readonly Argument[]): Signature {
  checkCount(lagUsage, args, 1, 3);
  const value = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  const [, offset, fallback] = args;
  if (offset !== undefined) checkOffset(offset, args);
  if (fallback !== undefined && castKind(fallback.type, value) !== 'implicit' && fallback.type.kind !== 'null') {
    throw mismatch(lagUsage, args, 'The default needs the type of the value: CAST it.');
  }
  const nullable = value.nullable || (fallback?.type.nullable ?? true);
  const taken: DataType[] = [value];
  if (offset !== undefined) taken.push(types.of('int', false));
  if (fallback !== undefined) taken.push(withNullable(value, fallback.type.nullable));
  return { args: taken, result: withNullable(value, nullable) };
}

function checkOffset({ type, literal }: Argument, args: readonly Argument[]): void {
  if (!isInteger(type) || typeof literal !== 'number')
    throw mismatch(lagUsage, args, 'The offset is a constant integer.');
  if (literal < 0) throw new EngineError('SQL_VALIDATION', `LAG: expected an offset of 0 or more, got ${literal}`);
}

export const overFunctions: readonly OverFunction[] = [
  rank('ROW_NUMBER', 'The place of the row in its partition, from 1.'),
  rank('RANK', 'One more than the number of rows that stand before the row and its equals.'),
  rank('DENSE_RANK', 'One more than the number of different values that stand before the row.'),
  {
    name: 'LAG',
    usage: lagUsage,
    description: 'The value of the row that stands `offset` (1) rows before; the default (NULL) where there is none.',
    infer: inferLag,
  },
];

const byName = new Map(overFunctions.map((definition) => [definition.name as string, definition]));

/** By name, in any case. */
export function overFunction(name: string): OverFunction | undefined {
  return byName.get(name.toUpperCase());
}

/** What Flink has for bounded inputs alone: its streaming planner refuses them. */
export const batchOverFunctions: ReadonlySet<string> = new Set([
  'LEAD',
  'NTILE',
  'CUME_DIST',
  'PERCENT_RANK',
  'NTH_VALUE',
]);
