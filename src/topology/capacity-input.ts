/**
 * What capacity is worked out from. Each field has a default and where it comes from: rates that were measured elsewhere are a first guess,
 * to be replaced by those of one's own brokers and machines.
 */
import { EngineError } from '../model/errors.ts';
import { parseDuration } from '../model/options.ts';
import { fraction, parseDecimal, type Rational, times } from './rational.ts';

export type CapacityInput = Readonly<Record<keyof typeof quantities, Rational>>;

type Quantity = Readonly<{
  unit: Unit;
  default: string;
  description: string;
  /** Where the default comes from. */
  source: string;
}>;

type Unit = keyof typeof units;

const units = {
  messages: { parse: parseCount, expected: "a number of messages, such as '800 billion', '1e12' or 1000000" },
  bytes: { parse: parseBytes, expected: "a size such as '219 B', '200 MB' or '1 GiB'" },
  factor: { parse: parseDecimal, expected: 'a number such as 3 or 3.7' },
  peak: { parse: parseDecimal, expected: 'a number from 1 on, such as 1.404' },
  share: { parse: parseShare, expected: 'a share above 0 and at most 1, such as 0.7 or 70%' },
  duration: { parse: parseSeconds, expected: "a duration such as '4 d' or '12 h'" },
} as const;

const linkedIn = 'LinkedIn, March 2015';

/** By the name of the field in a file and of the option (`--messages-per-day`). */
export const quantities = {
  messagesPerDay: {
    unit: 'messages',
    default: '1 trillion',
    description: 'messages produced a day, in all data centres',
    source: 'the round number',
  },
  bytesPerMessage: {
    unit: 'bytes',
    default: '219 B',
    description: 'bytes of a message as brokers hold it, compressed',
    source: `${linkedIn}: 175 TB in 800 billion messages`,
  },
  peakFactor: {
    unit: 'peak',
    default: '1.404',
    description: 'messages a second at the peak of the day, over the average',
    source: `${linkedIn}: 13 million a second at peak, 9.26 million on average`,
  },
  fanOut: {
    unit: 'factor',
    default: '3.7',
    description: 'how often a message is read, mirrors and replicas apart',
    source: `${linkedIn}: 650 TB read, 175 TB written`,
  },
  copies: {
    unit: 'factor',
    default: '1',
    description: 'aggregate clusters that a message is mirrored to',
    source: 'one place that has all messages',
  },
  replication: {
    unit: 'factor',
    default: '3',
    description: 'replicas of each message in a cluster',
    source: 'one broker can be repaired while another fails',
  },
  retention: {
    unit: 'duration',
    default: '4 d',
    description: 'how long a cluster keeps messages',
    source: 'as tracking has it here',
  },
  load: {
    unit: 'share',
    default: '0.7',
    description: 'how much of a machine is used at the peak of the day',
    source: 'room for a machine that is down and for catching up',
  },
  brokerWrites: {
    unit: 'bytes',
    default: '200 MB',
    description: 'bytes a second that a broker takes in, replicas counted',
    source: 'an estimate for a broker with several disks',
  },
  brokerNetwork: {
    unit: 'bytes',
    default: '1.25 GB',
    description: "bytes a second in each direction of a broker's network",
    source: '10 Gbit/s',
  },
  brokerDisk: { unit: 'bytes', default: '12 TB', description: 'disk of a broker', source: 'an assumption' },
  mirrorMessages: {
    unit: 'messages',
    default: '1 million',
    description: 'messages a second through a mirror process',
    source: 'less than half of a bare copy of record batches in Node (2.3 million, measured)',
  },
  mirrorBytes: {
    unit: 'bytes',
    default: '500 MB',
    description: 'bytes a second through a mirror process',
    source: 'an estimate for record batches passed through as they are',
  },
} as const satisfies Readonly<Record<string, Quantity>>;

export type QuantityName = keyof typeof quantities;
export const quantityNames = Object.keys(quantities) as QuantityName[];

/** Fields of `traffic` in a topology file. The rest of the input is of the machines, or follows from the topology. */
export const capacityFields = Object.fromEntries(
  (['messagesPerDay', 'bytesPerMessage', 'peakFactor', 'fanOut'] as const).map((name) => [name, fieldOf(name)]),
) as Readonly<Record<'messagesPerDay' | 'bytesPerMessage' | 'peakFactor' | 'fanOut', ReturnType<typeof fieldOf>>>;

function fieldOf(name: QuantityName) {
  const { parse, expected } = units[quantities[name].unit];
  return { expected, fits: (text: string) => isUsable(name, parse(text)) };
}

/** `texts` over `derived` over the defaults. `where` says for a name where its text stands: "option --peak-factor". */
export function capacityInput(
  texts: ReadonlyMap<QuantityName, string>,
  where: (name: QuantityName) => string,
  derived: Partial<CapacityInput> = {},
): CapacityInput {
  return Object.fromEntries(
    quantityNames.map((name) => {
      const text = texts.get(name);
      const value = text === undefined ? derived[name] : undefined;
      return [name, value ?? readQuantity(name, text ?? quantities[name].default, where(name))];
    }),
  ) as CapacityInput;
}

function readQuantity(name: QuantityName, text: string, where: string): Rational {
  const { unit, description, default: preset } = quantities[name];
  const { parse, expected } = units[unit];
  const value = parse(text);
  if (isUsable(name, value)) return value;
  throw new EngineError('INVALID_OPTION', `${where}: expected ${expected}, found '${text}'`, {
    hint: `It is ${description}; by default ${preset}.`,
  });
}

/** What is divided by may not be zero, and a peak is no lower than the average. */
function isUsable(name: QuantityName, value: Rational | undefined): value is Rational {
  if (value === undefined) return false;
  if (name === 'copies' || name === 'fanOut') return true;
  return value.numerator >= (name === 'peakFactor' ? value.denominator : 1n);
}

const words: Readonly<Record<string, bigint>> = {
  '': 1n,
  thousand: 1_000n,
  million: 1_000_000n,
  billion: 1_000_000_000n,
  trillion: 1_000_000_000_000n,
};

function parseCount(text: string): Rational | undefined {
  const match = /^(\S+?)\s*(thousand|million|billion|trillion|)$/i.exec(text.trim());
  const value = match === null ? undefined : parseDecimal(match[1]!);
  if (value === undefined) return undefined;
  const count = times(value, fraction(words[match![2]!.toLowerCase()]!));
  return count.denominator === 1n ? count : undefined;
}

const byteUnits: Readonly<Record<string, bigint>> = {
  b: 1n,
  kb: 10n ** 3n,
  mb: 10n ** 6n,
  gb: 10n ** 9n,
  tb: 10n ** 12n,
  pb: 10n ** 15n,
  kib: 1n << 10n,
  mib: 1n << 20n,
  gib: 1n << 30n,
  tib: 1n << 40n,
  pib: 1n << 50n,
};

/** Decimal units as networks and disks are sold; KiB and on are binary. */
function parseBytes(text: string): Rational | undefined {
  const match = /^([\d.,_]+(?:e\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match === null ? undefined : byteUnits[match[2]!.toLowerCase() || 'b'];
  const value = match === null ? undefined : parseDecimal(match[1]!);
  return unit === undefined || value === undefined ? undefined : times(value, fraction(unit));
}

function parseShare(text: string): Rational | undefined {
  const percent = text.trim().endsWith('%');
  const value = parseDecimal(percent ? text.trim().slice(0, -1) : text);
  if (value === undefined) return undefined;
  const share = percent ? times(value, fraction(1n, 100n)) : value;
  return share.numerator <= share.denominator ? share : undefined;
}

function parseSeconds(text: string): Rational | undefined {
  const ms = /^\d+$/.test(text.trim()) ? undefined : parseDuration(text);
  return ms === undefined || !Number.isSafeInteger(ms) ? undefined : fraction(BigInt(ms), 1_000n);
}
