/** A capacity and its simulated day as a person reads them, and as a program does. */
import type { Capacity, CapacityPart, CapacityStep } from './capacity.ts';
import { quantities, quantityNames } from './capacity-input.ts';
import { decimalText, fraction, isLess, over, type Rational } from './rational.ts';
import { type FleetDay, failure, type SimulatedDay } from './simulated-day.ts';

/** `origins` says of what is no default where it comes from. */
export function capacityText(capacity: Capacity, day: SimulatedDay, origins: ReadonlyMap<string, string>): string {
  const { input, parts, atOtherRates, atKnownDensities } = capacity;
  const load = `${decimalText(over(input.load, fraction(1n, 100n)))} %`;
  return [
    'From',
    ...columns(inputRows(capacity, origins)),
    ...parts.flatMap((part) => ['', part.title, ...columns(stepRows(part))]),
    '',
    `Mirror processes at other rates (on average, fully used; at the peak, ${load} used)`,
    ...columns(
      atOtherRates.map(({ rate, average, peak }) => [`${whole(rate)} messages/s`, whole(average), whole(peak)]),
    ),
    '',
    'Brokers at the density of others',
    ...columns(atKnownDensities.map(({ density, brokers }) => [density, whole(brokers)])),
    '',
    `A simulated day, by the minute; one machine away from ${timeOf(failure.from)} to ${timeOf(failure.to)}`,
    ...columns([...fleetRows('mirror process', 'messages', day.mirrors), ...fleetRows('broker', 'bytes', day.brokers)]),
  ].join('\n');
}

function inputRows({ input }: Capacity, origins: ReadonlyMap<string, string>): string[][] {
  return quantityNames.map((name) => {
    const { unit, description, source } = quantities[name];
    return [description, inputText(input[name], unit), origins.get(name) ?? `default: ${source}`];
  });
}

function inputText(value: Rational, unit: string): string {
  switch (unit) {
    case 'bytes':
      return bytesText(value);
    case 'share':
      return `${decimalText(over(value, fraction(1n, 100n)))} %`;
    case 'duration':
      return isLess(value, fraction(172_800n))
        ? `${decimalText(over(value, fraction(3_600n)))} h`
        : `${decimalText(over(value, fraction(86_400n)))} days`;
    default:
      return decimalText(value, 4);
  }
}

function stepRows({ steps }: CapacityPart): string[][] {
  return steps.map((step) => [step.name, step.formula, `= ${valueText(step)}`]);
}

function valueText({ value, unit }: CapacityStep): string {
  if (unit === 'bytes' || unit === 'bytes/s') {
    const short = bytesText(value);
    const exact = decimalText(value);
    const per = unit === 'bytes' ? '' : '/s';
    return short === `${exact} B` ? `${short}${per}` : `${exact} B${per} = ${short}${per}`;
  }
  if (unit === 'bits/s') return `${decimalText(value)} bit/s = ${decimalText(over(value, fraction(10n ** 9n)))} Gbit/s`;
  return unit === 'messages/s' ? `${decimalText(value)}/s` : decimalText(value);
}

const sizes = [
  [10n ** 15n, 'PB'],
  [10n ** 12n, 'TB'],
  [10n ** 9n, 'GB'],
  [10n ** 6n, 'MB'],
  [10n ** 3n, 'kB'],
] as const;

function bytesText(value: Rational): string {
  const size = sizes.find(([bytes]) => !isLess(value, fraction(bytes)));
  return size === undefined ? `${decimalText(value)} B` : `${decimalText(over(value, fraction(size[0])))} ${size[1]}`;
}

function fleetRows(machine: string, work: string, day: FleetDay): string[][] {
  const { machines, arrived, done, waiting, peakLoad, peakLoadInFailure, peakWaiting, peakLagSeconds, caughtUpAt } =
    day;
  const many = machine.endsWith('s') ? `${machine}es` : `${machine}s`;
  const caughtUp = caughtUpAt === null ? 'not on this day' : `at ${timeOf(caughtUpAt)}`;
  return [
    [machines === 1n ? machine : many, whole(machines)],
    [`  ${work} in`, whole(arrived)],
    [`  ${work} out`, `${whole(done)}${waiting === 0n ? '' : ` (${whole(waiting)} wait at midnight)`}`],
    ['  load at the peak, all running', percent(peakLoad)],
    ['  … one away', percent(peakLoadInFailure)],
    ['  most that waited', peakWaiting === 0n ? 'nothing' : `${whole(peakWaiting)} ${work}`],
    ...(peakWaiting === 0n
      ? []
      : [
          ['  furthest behind', secondsText(peakLagSeconds)],
          ['  caught up', caughtUp],
        ]),
  ];
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : 'nothing runs';
}

function secondsText(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120
    ? `${minutes} min`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function timeOf(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function whole(value: bigint): string {
  return decimalText(fraction(value), 0);
}

/** Cells side by side, two spaces between; the last is not filled up. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ')}`.trimEnd(),
  );
}

/** Kinds have machines of their own: their counts add up. */
export function totalText(kinds: readonly Readonly<{ title: string; result: Capacity }>[]): string {
  const total = (of: (result: Capacity) => bigint): bigint => kinds.reduce((sum, { result }) => sum + of(result), 0n);
  const row = (title: string, brokers: bigint, mirrors: bigint): string[] => [
    title,
    `${whole(brokers)} brokers`,
    `${whole(mirrors)} mirror processes`,
  ];
  const rows = kinds.map(({ title, result }) => row(title, result.brokers, result.mirrors));
  const all = row(
    'together',
    total(({ brokers }) => brokers),
    total(({ mirrors }) => mirrors),
  );
  return ['# Together', '', ...columns([...rows, all])].join('\n');
}

/** Values are texts of decimal digits, whole where they are: they may be beyond what a double keeps. */
export function capacityJson(capacity: Capacity, day: SimulatedDay): Readonly<Record<string, unknown>> {
  const plain = (value: Rational): string => decimalText(value, 6).replaceAll(',', '');
  return {
    input: Object.fromEntries(Object.entries(capacity.input).map(([name, value]) => [name, plain(value)])),
    steps: capacity.parts.flatMap(({ title, steps }) =>
      steps.map(({ name, formula, value, unit }) => ({ part: title, name, formula, value: plain(value), unit })),
    ),
    brokers: String(capacity.brokers),
    mirrors: String(capacity.mirrors),
    atOtherRates: capacity.atOtherRates.map(({ rate, average, peak }) => ({
      rate: String(rate),
      average: String(average),
      peak: String(peak),
    })),
    simulatedDay: { mirrors: fleetJson(day.mirrors), brokers: fleetJson(day.brokers) },
  };
}

function fleetJson(day: FleetDay): unknown {
  const { machines, arrived, done, waiting, peakWaiting, peakLoadInFailure } = day;
  return {
    ...day,
    machines: String(machines),
    arrived: String(arrived),
    done: String(done),
    waiting: String(waiting),
    peakWaiting: String(peakWaiting),
    peakLoadInFailure: Number.isFinite(peakLoadInFailure) ? peakLoadInFailure : null,
  };
}
