/** Timestamps from and to texts and numbers. */
import { msPerDay, parseDate, parseSqlTimestamp } from '../model/calendar.ts';
import type { Argument, Implementation, ImplementContext, ScalarFunction, Signature } from '../model/function.ts';
import { laterUtc, timeZone, timeZoneOrGmt } from '../model/time-zone.ts';
import { type DataType, isCharacter, isNumeric, isTimestamp, types } from '../model/types.ts';
import { readerCache, thisYearOf } from './date-reader.ts';
import { dateWriter } from './date-text.ts';
import { momentOf } from './moment.ts';
import { accept, anyNullable, checkCount, fixed, mismatch, scalar } from './signature.ts';

const sqlPattern = 'yyyy-MM-dd HH:mm:ss';
const minEpochMs = -62_167_219_200_000; // 0000-01-01
const maxEpochMs = 253_402_300_799_999; // 9999-12-31

function yearOf({ session }: ImplementContext): number {
  return thisYearOf(session.now());
}

/** With a pattern as DateTimeFormatter reads it, and what it does not read as a plain timestamp. */
function implementToTimestamp(ctx: ImplementContext): Implementation {
  if (ctx.args.length === 1) return { kind: 'call', call: (text: string) => parseSqlTimestamp(text, 3) };
  const read = readerCache('formatter', yearOf(ctx));
  return {
    kind: 'call',
    call: (text: string, pattern: string) => read(pattern)(text)?.localMs ?? parseSqlTimestamp(text.trim(), 3),
  };
}

const ltzUsage = 'TO_TIMESTAMP_LTZ(number [, precision]) or TO_TIMESTAMP_LTZ(string [, pattern [, time zone]])';

function inferToLtz(args: readonly Argument[]): Signature {
  checkCount(ltzUsage, args, 1, 3);
  const [first, second] = args.map(({ type }) => type);
  const result = types.timestampLtz(3);
  if (isCharacter(first!))
    return fixed(ltzUsage, ['string', 'string', 'string'], result, { required: 1, mayBeNull: true })(args);
  if (args.length > 2 || !(isNumeric(first!) || first!.kind === 'null')) throw mismatch(ltzUsage, args);
  const precision = args[1]?.literal ?? 3;
  if (precision !== 0 && precision !== 3) {
    throw mismatch(ltzUsage, args, 'The precision is a constant: 0 for seconds, 3 for milliseconds.');
  }
  const isBig = first!.kind === 'decimal' || first!.kind === 'double' || first!.kind === 'float';
  const number = isBig ? types.of('double', first!.nullable) : types.of('bigint', first!.nullable);
  return { args: second === undefined ? [number] : [number, second], result };
}

function implementToLtz(ctx: ImplementContext): Implementation {
  const { args, wide } = ctx;
  if (isCharacter(args[0]!.type)) return textToLtz(ctx);
  const scale = args[1]?.literal === 0 ? 1000 : 1;
  if (args[0]!.type.kind === 'bigint') {
    const n = wide ? 'n' : '';
    const inRange = (ms: string): string => `${ms} >= ${minEpochMs}${n} && ${ms} <= ${maxEpochMs}${n} ? ${ms} : null`;
    return { kind: 'inline', source: ([x]) => inRange(scale === 1 ? x! : `(${x} * 1000${n})`), mayBeNull: true };
  }
  return {
    kind: 'call',
    call: (value: number) => {
      const ms = Math.trunc(value * scale);
      return ms >= minEpochMs && ms <= maxEpochMs ? ms : null;
    },
  };
}

function textToLtz(ctx: ImplementContext): Implementation {
  const read = readerCache('formatter', yearOf(ctx));
  return {
    kind: 'call',
    call: (text: string, pattern?: string, zone = 'UTC') => {
      const found =
        pattern === undefined
          ? parseSqlTimestamp(text, 3)
          : (read(pattern)(text)?.localMs ?? parseSqlTimestamp(text.trim(), 3));
      return found === null ? null : timeZoneOrGmt(zone).toUtc(Number(found));
    },
  };
}

const formatUsage = 'DATE_FORMAT(time, pattern)';

function inferFormat(args: readonly Argument[]): Signature {
  checkCount(formatUsage, args, 2);
  const [time, pattern] = args.map(({ type }) => type) as [DataType, DataType];
  const accepted = isTimestamp(time)
    ? time
    : time.kind === 'date'
      ? types.timestamp(3, time.nullable)
      : accept('string', time);
  const text = accept('string', pattern);
  if (accepted === null || text === null) throw mismatch(formatUsage, args);
  return { args: [accepted, text], result: types.string(isCharacter(accepted) || anyNullable(args)) };
}

/** Strings are read as `yyyy-MM-dd HH:mm:ss`; what is no such string gives NULL. */
function implementFormat(ctx: ImplementContext): Implementation {
  const { args, session } = ctx;
  const isText = isCharacter(args[0]!.type);
  const writers = new Map<string, ReturnType<typeof dateWriter>>();
  const maxWriters = 64; // patterns are constants nearly always
  const writer = (pattern: string): ReturnType<typeof dateWriter> => {
    let known = writers.get(pattern);
    if (known === undefined) {
      known = dateWriter(pattern, isText ? 'simple' : 'formatter');
      if (writers.size >= maxWriters) writers.clear();
      writers.set(pattern, known);
    }
    return known;
  };
  if (isText) {
    const read = readerCache('simple', yearOf(ctx))(sqlPattern);
    return {
      kind: 'call',
      call: (text: string, pattern: string) => {
        const time = read(text);
        return time === null ? null : writer(pattern)(time.localMs, 0);
      },
    };
  }
  const { toLocalMs, nanosOf } = momentOf(args[0]!.type, session);
  return {
    kind: 'call',
    call: (value: number | bigint, pattern: string) => writer(pattern)(toLocalMs(value), nanosOf(value)),
  };
}

function implementFromUnixtime({ session }: ImplementContext): Implementation {
  const zone = timeZone(session.timeZone);
  let known: string | null = null;
  let write = dateWriter(sqlPattern, 'simple');
  return {
    kind: 'call',
    call: (seconds: number, pattern = sqlPattern) => {
      if (known !== pattern) {
        write = dateWriter(pattern, 'simple');
        known = pattern;
      }
      return write(zone.toLocal(seconds * 1000), 0);
    },
  };
}

const unreadable = -(2n ** 63n); // Long.MIN_VALUE, which Flink gives for a text that it can't read

function implementUnixTimestamp(ctx: ImplementContext): Implementation {
  const { session } = ctx;
  if (ctx.args.length === 0) return { kind: 'call', call: () => Math.floor(session.now() / 1000) };
  const zone = timeZone(session.timeZone);
  const read = readerCache('simple', yearOf(ctx));
  return {
    kind: 'call',
    call: (text: string, pattern = sqlPattern) => {
      const time = read(pattern)(text);
      if (time === null) return unreadable;
      return Math.trunc((time.hasOffset ? time.localMs : laterUtc(zone, time.localMs)) / 1000);
    },
  };
}

function implementToDate(ctx: ImplementContext): Implementation {
  if (ctx.args.length === 1) return { kind: 'call', call: (text: string) => parseDate(text) };
  const read = readerCache('simple', yearOf(ctx));
  return {
    kind: 'call',
    call: (text: string, pattern: string) => {
      const time = read(pattern)(text);
      return time === null ? null : Math.floor(time.localMs / msPerDay);
    },
  };
}

function implementConvertTz(ctx: ImplementContext): Implementation {
  const read = readerCache('simple', yearOf(ctx))(sqlPattern);
  const write = dateWriter(sqlPattern, 'simple');
  return {
    kind: 'call',
    call: (text: string, from: string, to: string) => {
      const time = read(text);
      return time === null ? null : write(timeZoneOrGmt(to).toLocal(laterUtc(timeZoneOrGmt(from), time.localMs)), 0);
    },
  };
}

const optional = { required: 1, mayBeNull: true } as const;

export const timestampFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'TO_TIMESTAMP',
    category: 'temporal',
    usage: 'TO_TIMESTAMP(string [, pattern])',
    description: 'The TIMESTAMP(3) of a text, yyyy-MM-dd HH:mm:ss[.SSS] or of a pattern; NULL where it is none.',
    infer: fixed('TO_TIMESTAMP(string [, pattern])', ['string', 'string'], types.timestamp(3), optional),
    implement: implementToTimestamp,
  }),
  scalar({
    name: 'TO_TIMESTAMP_LTZ',
    category: 'temporal',
    usage: ltzUsage,
    description:
      'The instant of seconds (precision 0) or milliseconds (3) since 1970, or of a text, in UTC where no zone is given; NULL where it is none.',
    integers: 'any',
    infer: inferToLtz,
    implement: implementToLtz,
  }),
  scalar({
    name: 'TO_DATE',
    category: 'temporal',
    usage: 'TO_DATE(string [, pattern])',
    description: 'The date of a text; NULL where it is none.',
    infer: fixed('TO_DATE(string [, pattern])', ['string', 'string'], types.of('date'), optional),
    implement: implementToDate,
  }),
  scalar({
    name: 'DATE_FORMAT',
    category: 'temporal',
    usage: formatUsage,
    description: "A time as text of a pattern. TIMESTAMP_LTZ in the session's time zone.",
    integers: 'any',
    infer: inferFormat,
    implement: implementFormat,
  }),
  scalar({
    name: 'FROM_UNIXTIME',
    category: 'temporal',
    usage: 'FROM_UNIXTIME(seconds [, pattern])',
    description: "Seconds since 1970 as text, in the session's time zone.",
    infer: fixed('FROM_UNIXTIME(seconds [, pattern])', ['integer', 'string'], types.string(), { required: 1 }),
    implement: implementFromUnixtime,
  }),
  scalar({
    name: 'UNIX_TIMESTAMP',
    category: 'temporal',
    usage: 'UNIX_TIMESTAMP([string [, pattern]])',
    description: "Seconds since 1970 of now, or of a text in the session's time zone.",
    deterministic: false,
    infer: fixed('UNIX_TIMESTAMP([string [, pattern]])', ['string', 'string'], types.of('bigint'), { required: 0 }),
    implement: implementUnixTimestamp,
  }),
  scalar({
    name: 'CONVERT_TZ',
    category: 'temporal',
    usage: 'CONVERT_TZ(string, from, to)',
    description: 'A time yyyy-MM-dd HH:mm:ss of one time zone in another.',
    infer: fixed('CONVERT_TZ(string, from, to)', ['string', 'string', 'string'], types.string(), { mayBeNull: true }),
    implement: implementConvertTz,
  }),
];
