/** CAST among DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. Between the last two the session's zone decides. */
import { joinTimestamp, msPerDay, splitTimestamp } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';
import type { Implementation, ImplementContext } from '../model/function.ts';
import { timeZone, type Zone } from '../model/time-zone.ts';
import { type DataType, formatType, isTimestamp, unitsPerMillisecond } from '../model/types.ts';
import type { CastFunction } from './cast.ts';

type Value = number | bigint;

export function castTemporal(from: DataType, to: DataType): CastFunction {
  if (isTimestamp(from) && isTimestamp(to) && from.kind === to.kind) return rescaled(from.precision, to.precision);
  if (from.kind === 'time' && to.kind === 'time')
    return called(() => (ms: Value) => joinTimestamp(Number(ms), 0, to.precision));
  if (from.kind === 'date' && isTimestamp(to)) {
    return called((session) => {
      const zone = localZone(to, session.timeZone);
      return (days: Value) => joinTimestamp(zone.toUtc(Number(days) * msPerDay), 0, to.precision);
    });
  }
  if (from.kind === 'time' && isTimestamp(to)) {
    return called((session) => {
      const zone = localZone(to, session.timeZone);
      return (ms: Value) => joinTimestamp(zone.toUtc(Number(ms)), 0, to.precision); // of 1970-01-01
    });
  }
  if (!isTimestamp(from)) {
    throw new EngineError('UNSUPPORTED', `CAST of ${formatType(from)} to ${formatType(to)} is not supported`, {
      hint: 'Make a TIMESTAMP of a DATE and a TIME through their texts.',
    });
  }
  return fromTimestamp(from, to);
}

function fromTimestamp(from: DataType & { precision: number }, to: DataType): CastFunction {
  return called((session) => {
    const [source, target] = [localZone(from, session.timeZone), localZone(to, session.timeZone)];
    return (value: Value) => {
      const { ms, nanos } = splitTimestamp(value, from.precision);
      const local = source.toLocal(ms);
      if (to.kind === 'date') return Math.floor(local / msPerDay);
      if (to.kind === 'time') return joinTimestamp(local - Math.floor(local / msPerDay) * msPerDay, 0, to.precision);
      return joinTimestamp(target.toUtc(local), nanos, (to as { precision: number }).precision);
    };
  });
}

/** The zone in which a type's instants are: the session's for TIMESTAMP_LTZ, none (UTC) for what is local already. */
function localZone(type: DataType, session: string): Zone {
  return timeZone(type.kind === 'timestamp_ltz' ? session : 'UTC');
}

function called(make: (session: ImplementContext['session']) => (value: Value) => Value): CastFunction {
  return { integers: 'any', implement: ({ session }) => ({ kind: 'call', call: make(session) }) };
}

/** To another precision: more digits are zeros, fewer are cut off. */
function rescaled(from: number, to: number): CastFunction {
  const [fromUnits, toUnits] = [unitsPerMillisecond(from), unitsPerMillisecond(to)];
  if (to >= from) {
    const factor = toUnits / fromUnits;
    const implement = ({ wide }: ImplementContext): Implementation => ({
      kind: 'inline',
      source: ([x]) => (factor === 1 ? x! : `${x} * ${factor}${wide ? 'n' : ''}`),
    });
    return { integers: 'any', implement };
  }
  return called(() => (value) => {
    const { ms, nanos } = splitTimestamp(value, from);
    return joinTimestamp(ms, nanos, to);
  });
}
