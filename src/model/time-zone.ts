/**
 * Time zones: offsets between UTC and local wall time, with the rules of Java's LocalDateTime.atZone for gaps and overlaps. The data is
 * the runtime's (Intl); look-ups there take microseconds, so that offsets are kept as ranges of constant offset, made a year at a time.
 */
import { daysFromCivil, msPerDay } from './calendar.ts';
import { EngineError } from './errors.ts';

export interface Zone {
  readonly name: string;
  /** Set where the offset never changes: 0 for UTC. */
  readonly fixedOffsetMs: number | null;
  /** What local time is ahead of UTC at an instant. */
  offsetMs(utcMs: number): number;
  toLocal(utcMs: number): number;
  /** The instant of a wall time. In a gap the wall time is shifted forward by its length; in an overlap the earlier instant is taken. */
  toUtc(localMs: number): number;
}

const maxZones = 1024; // there are about 600 names; beyond this the cache starts anew
const zones = new Map<string, Zone>();

/**
 * The zone of a name as Java's ZoneId.of and TimeZone know it: `Europe/Paris`, `UTC`, `GMT+08:00`, `+08:00`, `Z`. Cached.
 * Throws EngineError INVALID_OPTION for another.
 */
export function timeZone(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = createZone(name);
  if (zones.size >= maxZones) zones.clear();
  zones.set(name, zone);
  return zone;
}

/** As `timeZone`, but an unknown name is GMT: java.util.TimeZone.getTimeZone, which functions with a zone argument use. */
export function timeZoneOrGmt(name: string): Zone {
  try {
    return timeZone(name);
  } catch {
    return timeZone('GMT');
  }
}

/** As `toUtc`, but the later instant of an overlap: java.util.Calendar, which functions with patterns of SimpleDateFormat use. */
export function laterUtc(zone: Zone, localMs: number): number {
  const earlier = zone.toUtc(localMs);
  const later = localMs - zone.offsetMs(earlier + 86_400_000); // no zone changes twice within a day
  return later > earlier && zone.toLocal(later) === localMs ? later : earlier;
}

function createZone(name: string): Zone {
  const offset = parseFixedOffset(name);
  if (offset !== null) return fixedZone(name, offset);
  if (/^[A-Za-z][A-Za-z0-9_/+-]*$/.test(name)) {
    try {
      return new RegionZone(name);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
    }
  }
  throw new EngineError(
    'INVALID_OPTION',
    `time zone: expected a name such as Europe/Paris, UTC or GMT+08:00, got '${name}'`,
  );
}

const fixedForm = /^(?:(UTC|GMT|UT)?([+-])(\d{1,2})(?::?([0-5]\d)(?::?([0-5]\d))?)?|Z|UTC|GMT|UT)$/;
const maxOffsetMs = 18 * 3_600_000; // java.time.ZoneOffset

function parseFixedOffset(name: string): number | null {
  const match = fixedForm.exec(name);
  if (match === null) return null;
  const [, , sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  if (ms > maxOffsetMs) return null;
  return sign === '-' ? -ms : ms;
}

function fixedZone(name: string, fixedOffsetMs: number): Zone {
  return {
    name,
    fixedOffsetMs: fixedOffsetMs === 0 ? 0 : fixedOffsetMs,
    offsetMs: () => fixedOffsetMs,
    toLocal: (utcMs) => utcMs + fixedOffsetMs,
    toUtc: (localMs) => localMs - fixedOffsetMs,
  };
}

/** A range of instants [start, end) of one offset. */
type Segment = Readonly<{ start: number; end: number; offset: number }>;

const spanMs = 31_556_952_000; // a mean Gregorian year
const samplesPerSpan = 64; // no zone changes twice within the 5.7 days between two
const maxSpans = 4096; // beyond this the cache starts anew
const safeMarginMs = 36 * 3_600_000; // more than offsets can differ by within one zone

class RegionZone implements Zone {
  readonly name: string;
  readonly fixedOffsetMs = null;
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, readonly Segment[]>();
  #start = 0; // the segment of the last look-up
  #end = 0;
  #offset = 0;

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offsetMs(utcMs: number): number {
    if (utcMs < this.#start || utcMs >= this.#end) this.#find(utcMs);
    return this.#offset;
  }

  toLocal(utcMs: number): number {
    return utcMs + this.offsetMs(utcMs);
  }

  toUtc(localMs: number): number {
    const utcMs = localMs - this.#offset;
    if (utcMs - safeMarginMs >= this.#start && utcMs + safeMarginMs < this.#end) return utcMs;
    return this.#resolve(localMs);
  }

  /** Walks the segments around a wall time: the first that holds it wins; one that begins after it shows a gap. */
  #resolve(localMs: number): number {
    let before = this.offsetMs(localMs - safeMarginMs);
    for (;;) {
      const utcMs = localMs - this.#offset;
      if (utcMs < this.#start) return localMs - before;
      if (utcMs < this.#end) return utcMs;
      before = this.#offset;
      this.#find(this.#end);
    }
  }

  #find(utcMs: number): void {
    const index = Math.floor(utcMs / spanMs);
    let segments = this.#spans.get(index);
    if (segments === undefined) {
      segments = this.#scan(index * spanMs);
      if (this.#spans.size >= maxSpans) this.#spans.clear();
      this.#spans.set(index, segments);
    }
    const segment = segments.find((candidate) => utcMs < candidate.end)!;
    this.#start = segment.start;
    this.#end = segment.end;
    this.#offset = segment.offset;
  }

  #scan(from: number): Segment[] {
    const segments: Segment[] = [];
    let start = from;
    let [sampleAt, offset] = [from, this.#ask(from)];
    for (let i = 1; i <= samplesPerSpan; i++) {
      const at = from + (spanMs / samplesPerSpan) * i;
      const next = this.#ask(at);
      if (next !== offset) {
        const end = this.#transition(sampleAt, at, offset);
        segments.push({ start, end, offset });
        [start, offset] = [end, next];
      }
      sampleAt = at;
    }
    segments.push({ start, end: from + spanMs, offset });
    return segments;
  }

  /** The first instant after `from`, where `offset` holds, at which it no longer does; to the millisecond. */
  #transition(from: number, to: number, offset: number): number {
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  /** By the runtime: the fields of local time, against the instant. */
  #ask(utcMs: number): number {
    const match = /^(\d+)\/(\d+)\/(\d+) (A|B)\w*, (\d+):(\d+):(\d+)$/.exec(this.#format.format(utcMs))!;
    const [month, day, year, hour, minute, second] = [1, 2, 3, 5, 6, 7].map((group) => Number(match[group])) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const days = daysFromCivil(match[4] === 'B' ? 1 - year : year, month, day);
    const localSeconds = hour * 3600 + minute * 60 + second;
    return days * msPerDay + localSeconds * 1000 - Math.floor(utcMs / 1000) * 1000;
  }
}
