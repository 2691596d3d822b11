/**
 * Options of connectors, formats and settings: one declaration is checker, help and docs page. Durations and sizes as Flink writes
 * them: `10 s`, `500 ms`, `1 min`, `64 mb`, `1 gib`.
 */
import { EngineError } from './errors.ts';

export type OptionKind = 'string' | 'boolean' | 'integer' | 'double' | 'duration' | 'memory' | 'enum' | 'list' | 'map';

export type OptionSpec = Readonly<{
  key: string;
  kind: OptionKind;
  description: string;
  /** As one writes it; absent = no default. */
  default?: string | undefined;
  required?: boolean | undefined;
  /** For `enum`; compared without case. */
  values?: readonly string[] | undefined;
  min?: number | undefined;
  max?: number | undefined;
  /** Known and accepted, but without effect on results here: said once, and in `explain`. */
  withoutEffect?: boolean | undefined;
}>;

/** Checked options. Durations in ms, memory in bytes, lists split at `;`. `map` options collect the keys below their prefix. */
export class Options {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  has(key: string): boolean {
    return this.#values.get(key) !== undefined;
  }

  string(key: string): string {
    return this.#values.get(key) as string;
  }

  optionalString(key: string): string | undefined {
    return this.#values.get(key) as string | undefined;
  }

  number(key: string): number {
    return this.#values.get(key) as number;
  }

  optionalNumber(key: string): number | undefined {
    return this.#values.get(key) as number | undefined;
  }

  boolean(key: string): boolean {
    return this.#values.get(key) as boolean;
  }

  list(key: string): readonly string[] {
    return (this.#values.get(key) as readonly string[] | undefined) ?? [];
  }

  map(key: string): ReadonlyMap<string, string> {
    return (this.#values.get(key) as ReadonlyMap<string, string> | undefined) ?? new Map();
  }

  /** For handing to another thread. */
  entries(): ReadonlyMap<string, unknown> {
    return this.#values;
  }
}

/**
 * Checks `given` against `specs`. `where` begins each message ("table `t`, connector 'kafka'"). Unknown keys, wrong values and missing
 * required ones are INVALID_OPTION.
 */
export function checkOptions(given: ReadonlyMap<string, string>, specs: readonly OptionSpec[], where: string): Options {
  const values = new Map<string, unknown>();
  const maps = specs.filter((spec) => spec.kind === 'map');
  for (const spec of specs) {
    const text = given.get(spec.key) ?? spec.default;
    if (spec.kind === 'map') values.set(spec.key, collect(given, spec.key));
    else if (text !== undefined) values.set(spec.key, parseOption(text, spec, where));
    else if (spec.required) {
      throw new EngineError('INVALID_OPTION', `${where}: option '${spec.key}' is required and is not set`, {
        hint: spec.description,
      });
    }
  }
  for (const key of given.keys()) {
    if (specs.some((spec) => spec.key === key) || maps.some((spec) => key.startsWith(spec.key))) continue;
    throw unknownOption(key, specs, where);
  }
  return new Options(values);
}

function collect(given: ReadonlyMap<string, string>, prefix: string): ReadonlyMap<string, string> {
  return new Map(
    [...given].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

function unknownOption(key: string, specs: readonly OptionSpec[], where: string): EngineError {
  const known = specs.map((spec) => (spec.kind === 'map' ? `${spec.key}*` : spec.key)).sort();
  const near = nearest(key, known);
  const hint = near === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean '${near}'?`;
  return new EngineError('INVALID_OPTION', `${where}: unknown option '${key}'`, { hint });
}

/** One value by its declaration. */
function parseOption(text: string, spec: OptionSpec, where: string): unknown {
  const wrong = (expected: string): EngineError =>
    new EngineError('INVALID_OPTION', `${where}: option '${spec.key}': expected ${expected}, got '${text}'`, {
      hint: spec.description,
    });
  switch (spec.kind) {
    case 'string':
    case 'map':
      return text;
    case 'list':
      return text
        .split(';')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'boolean': {
      const word = text.trim().toLowerCase();
      if (word !== 'true' && word !== 'false') throw wrong("'true' or 'false'");
      return word === 'true';
    }
    case 'enum': {
      const found = spec.values?.find((value) => value.toLowerCase() === text.trim().toLowerCase());
      if (found === undefined) throw wrong(`one of ${spec.values?.map((v) => `'${v}'`).join(', ')}`);
      return found;
    }
    default:
      return parseNumeric(text, spec, wrong);
  }
}

function parseNumeric(text: string, spec: OptionSpec, wrong: (expected: string) => EngineError): number {
  const parsers: Readonly<Record<string, readonly [(text: string) => number | undefined, string]>> = {
    integer: [(t) => (/^[+-]?\d+$/.test(t.trim()) ? Number(t) : undefined), 'a whole number'],
    double: [(t) => (t.trim() !== '' && Number.isFinite(Number(t)) ? Number(t) : undefined), 'a number'],
    duration: [parseDuration, "a duration such as '10 s', '500 ms' or '1 min'"],
    memory: [parseMemory, "a size such as '64 mb' or '1 gb'"],
  };
  const [parse, expected] = parsers[spec.kind]!;
  const value = parse(text);
  if (value === undefined) throw wrong(expected);
  const { min = -Infinity, max = Infinity } = spec;
  if (value < min || value > max) throw wrong(`${expected} from ${min} to ${max}`);
  return value;
}

const durationUnits: Readonly<Record<string, number>> = Object.fromEntries(
  [
    [['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds'], 1e-6],
    [['us', 'µs', 'micro', 'micros', 'microsecond', 'microseconds'], 1e-3],
    [['', 'ms', 'milli', 'millis', 'millisecond', 'milliseconds'], 1],
    [['s', 'sec', 'secs', 'second', 'seconds'], 1_000],
    [['m', 'min', 'mins', 'minute', 'minutes'], 60_000],
    [['h', 'hour', 'hours'], 3_600_000],
    [['d', 'day', 'days'], 86_400_000],
  ].flatMap(([names, factor]) => (names as string[]).map((name) => [name, factor as number])),
);

/** Flink's durations (TimeUtils), in ms; also ISO-8601 `PT10S`. undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  const factor = match === null ? undefined : durationUnits[match[2]!.toLowerCase()];
  if (match !== null && factor !== undefined) return Number(match[1]) * factor;
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text.trim());
  if (iso === null || iso.slice(1).every((part) => part === undefined)) return undefined;
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000;
}

const memoryUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  bytes: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  kibibytes: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  mebibytes: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
  gibibytes: 1024 ** 3,
};

/** Flink's sizes (MemorySize), in bytes: every unit is binary. undefined when it is none. */
export function parseMemory(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const factor = match === null ? undefined : memoryUnits[match[2]!.toLowerCase()];
  return factor === undefined ? undefined : Number(match![1]) * factor;
}

/** The known word nearest to a misspelt one, by edits (Damerau–Levenshtein); undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) current[j] = Math.min(current[j]!, before[j - 2]! + 1);
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}
