/** What time it is: CURRENT_TIMESTAMP and its kin. Evaluated for each row, as in Flink's streaming mode. */
import { msPerDay } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { timeZone } from '../model/time-zone.ts';
import { type DataType, isTimestamp, types } from '../model/types.ts';
import { checkCount, fixed, mismatch, scalar } from './signature.ts';

type Read = (now: number, toLocal: (utcMs: number) => number) => number;

function clock(
  name: string,
  type: DataType,
  description: string,
  read: Read,
  aliases?: readonly string[],
): ScalarFunction {
  const implement = ({ session }: ImplementContext): Implementation => {
    const zone = timeZone(session.timeZone);
    return { kind: 'call', call: () => read(Math.floor(session.now()), (ms) => zone.toLocal(ms)) };
  };
  const usage = `${name}()`;
  const infer = fixed(usage, [], type);
  return scalar({ name, aliases, category: 'temporal', usage, description, deterministic: false, infer, implement });
}

const instant = types.timestampLtz(3, false);

function dayOf(localMs: number): number {
  return Math.floor(localMs / msPerDay);
}

function wholeSecondOfDay(localMs: number): number {
  const msOfDay = localMs - dayOf(localMs) * msPerDay;
  return msOfDay - (msOfDay % 1000);
}

function inferWatermark(args: readonly Argument[]): Signature {
  const usage = 'CURRENT_WATERMARK(rowtime)';
  checkCount(usage, args, 1);
  const { type } = args[0]!;
  if (!isTimestamp(type)) throw mismatch(usage, args);
  return { args: [type], result: { ...type, precision: 3, nullable: true } };
}

export const clockFunctions: readonly ScalarFunction[] = [
  clock('CURRENT_TIMESTAMP', instant, 'The instant of processing.', (now) => now, ['NOW', 'CURRENT_ROW_TIMESTAMP']),
  clock('PROCTIME', instant, 'The instant of processing, as a time attribute.', (now) => now),
  clock('LOCALTIMESTAMP', types.timestamp(3, false), "The session's local time of processing.", (now, toLocal) =>
    toLocal(now),
  ),
  clock('CURRENT_DATE', types.of('date', false), "The session's date of processing.", (now, toLocal) =>
    dayOf(toLocal(now)),
  ),
  clock(
    'LOCALTIME',
    types.time(false),
    "The session's time of day of processing.",
    (now, toLocal) => wholeSecondOfDay(toLocal(now)),
    ['CURRENT_TIME'],
  ),
  scalar({
    name: 'CURRENT_WATERMARK',
    category: 'temporal',
    usage: 'CURRENT_WATERMARK(rowtime)',
    description: 'The watermark in force when the row comes; NULL before the first one.',
    deterministic: false,
    infer: inferWatermark,
    // A calc puts a column in its place (operators/watermark-column.ts).
    implement: () => {
      throw new EngineError('UNSUPPORTED', 'CURRENT_WATERMARK is not supported here', {
        hint: 'It can stand in SELECT and WHERE.',
      });
    },
  }),
];
