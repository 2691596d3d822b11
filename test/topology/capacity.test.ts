import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Capacity, workOut } from '../../src/topology/capacity.ts';
import { type CapacityInput, capacityInput, type QuantityName } from '../../src/topology/capacity-input.ts';
import { trafficOf } from '../../src/topology/capacity-of.ts';
import { decimalText, fraction, over, times } from '../../src/topology/rational.ts';
import { arrivalsOf, dailyCurve, minutesPerDay, simulateDay } from '../../src/topology/simulated-day.ts';
import { testWorld } from '../commands/world.ts';
import { expectGolden } from '../support/golden.ts';
import { exampleTopology, goldenFolder, smallTopology } from './example.ts';

function input(texts: Partial<Record<QuantityName, string>>): CapacityInput {
  return capacityInput(new Map(Object.entries(texts) as [QuantityName, string][]), (name) => name);
}

/** A value by its step's name, the first of it. */
function stepText({ parts }: Capacity, name: string): string {
  const found = parts.flatMap(({ steps }) => steps).find((step) => step.name === name);
  return decimalText(found!.value, 6);
}

describe('capacity', () => {
  it.each([
    ['800-billion', ['--messages-per-day', '800 billion']],
    ['one-trillion', ['--messages-per-day', '1 trillion']],
    ['one-trillion-four-copies', ['--messages-per-day', '1e12', '--copies', '4', '--mirror-messages', '150000']],
  ])('of %s messages a day', async (name, options) => {
    const { run, stdout } = testWorld();
    expect(await run('topology', 'capacity', ...options)).toBe(0);
    expectGolden(join(goldenFolder, `capacity-${name}.txt`), stdout.text());
  });

  it('agrees with what is published of March 2015 and with the rates of mirrors', () => {
    const trillion = workOut(input({ messagesPerDay: '1 trillion' }));
    expect(stepText(trillion, 'messages a second')).toBe('11,574,074.074074');
    expect(stepText(trillion, '… at the peak')).toBe('16,250,000');
    const table = trillion.atOtherRates.map(({ rate, average, peak }) => [rate, average, peak].map(Number));
    expect(table).toEqual([
      [100_000, 116, 233],
      [150_000, 78, 155],
      [250_000, 47, 93],
      [400_000, 29, 59],
      [1_000_000, 12, 24],
      [2_000_000, 6, 12],
    ]);
    expect(trillion.atKnownDensities.map(({ brokers }) => Number(brokers))).toEqual([571, 313]);
    const published = workOut(input({ messagesPerDay: '800 billion' }));
    expect(stepText(published, '… at the peak')).toBe('13,000,000');
    // Raw batches at 500 MB/s, four copies of 219 bytes, on average and fully used.
    const raw = workOut(input({ copies: '4', load: '1', peakFactor: '1', mirrorMessages: '1e9' }));
    expect(raw.mirrors).toBe(21n);
  });

  it('prints every digit of numbers that a double does not keep', async () => {
    const { run, stdout } = testWorld();
    await run(
      'topology',
      'capacity',
      '--messages-per-day',
      '123456789012345678901',
      '--bytes-per-message',
      '7',
      '--output',
      'json',
    );
    const { steps, simulatedDay } = JSON.parse(stdout.text()) as {
      steps: { name: string; value: string }[];
      simulatedDay: { mirrors: { arrived: string; done: string; waiting: string } };
    };
    const day = steps.find(({ name }) => name === 'bytes a day');
    expect(day!.value).toBe(String(123456789012345678901n * 7n));
    const { arrived, done, waiting } = simulatedDay.mirrors;
    expect(arrived).toBe('123456789012345678901');
    expect(BigInt(done) + BigInt(waiting)).toBe(BigInt(arrived));
  });

  it.each([
    ['--messages-per-day', 'many'],
    ['--messages-per-day', '1.5'],
    ['--messages-per-day', '0'],
    ['--peak-factor', '0.9'],
    ['--load', '1.1'],
    ['--bytes-per-message', '3 parsecs'],
    ['--retention', '4'],
  ])('refuses %s %s', async (option, value) => {
    const { run, stderr } = testWorld();
    expect(await run('topology', 'capacity', option, value)).toBe(2);
    expect(stderr.text()).toContain(`option ${option}: expected`);
  });

  it('takes traffic, copies, replicas and retention from a topology', async () => {
    const { run, stdout } = testWorld({}, { workingDirectory: join(import.meta.dirname, '../../examples') });
    expect(await run('topology', 'capacity', 'two-data-centres.yaml')).toBe(0);
    expectGolden(join(goldenFolder, 'capacity-topology.txt'), stdout.text());
    const [queueing] = trafficOf(exampleTopology());
    expect(queueing!.derived).toMatchObject({
      copies: fraction(1n),
      replication: fraction(3n),
      retention: fraction(14n * 86_400n),
    });
  });

  it('needs the traffic of at least one kind', async () => {
    expect(trafficOf(smallTopology())).toEqual([]);
    const { run, stderr } = testWorld({}, { workingDirectory: join(goldenFolder, 'lint') });
    expect(await run('topology', 'capacity', 'small.yaml')).toBe(2);
    expect(stderr.text()).toContain('expected the traffic of at least one kind, found none');
  });
});

const inputs = fc
  .record({
    messagesPerDay: fc.bigInt({ min: 1n, max: 10n ** 16n }),
    bytesPerMessage: fc.integer({ min: 1, max: 100_000 }),
    peak: fc.integer({ min: 1_000, max: 20_000 }),
    copies: fc.integer({ min: 0, max: 5 }),
    load: fc.integer({ min: 10, max: 100 }),
  })
  .map(({ messagesPerDay, bytesPerMessage, peak, copies, load }) =>
    input({
      messagesPerDay: String(messagesPerDay),
      bytesPerMessage: String(bytesPerMessage),
      peakFactor: String(peak / 1_000),
      copies: String(copies),
      load: `${load}%`,
    }),
  );

describe('a simulated day', () => {
  it('agrees with the arithmetic at the peak, and loses nothing', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const capacity = workOut(given);
        const { mirrors, brokers } = simulateDay(capacity);
        for (const day of [mirrors, brokers]) expect(day.arrived).toBe(day.done + day.waiting);
        expect(mirrors.arrived).toBe(
          (given.messagesPerDay.numerator * given.copies.numerator) / given.copies.denominator,
        );
        // The largest minute of the day against the peak a second that was worked out.
        const loadOf = (work: typeof capacity.writes, rate: typeof capacity.writes, machines: bigint): number => {
          const share = over(work, times(rate, fraction(machines)));
          return Number(share.numerator) / Number(share.denominator);
        };
        const near = (found: number, expected: number): void => {
          expect(Math.abs(found - expected)).toBeLessThan(1e-5 + expected * 1e-6 + oneMessage(given));
        };
        if (capacity.mirrors > 0n) {
          near(mirrors.peakLoad, loadOf(capacity.mirrored.messages, capacity.mirrorRate, capacity.mirrors));
          expect(mirrors.peakLoad).toBeLessThanOrEqual(
            Number(given.load.numerator) / Number(given.load.denominator) + 1e-5,
          );
        }
        near(brokers.peakLoad, loadOf(capacity.writes, given.brokerWrites, capacity.brokers));
      }),
      { numRuns: 40 },
    );
  });

  it('has a curve of mean 1 whose highest minute is the peak', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 100, noNaN: true }), (peak) => {
        const curve = dailyCurve(peak);
        expect(curve).toHaveLength(minutesPerDay);
        expect(curve.reduce((sum, each) => sum + each, 0) / minutesPerDay).toBeCloseTo(1, 9);
        expect(Math.max(...curve) / peak).toBeCloseTo(1, 6);
        expect(Math.min(...curve)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 50 },
    );
  });

  it('deals out the day to the last message', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (total, peak) => {
          const arrivals = arrivalsOf(total, dailyCurve(peak));
          expect(arrivals.reduce((sum, each) => sum + each, 0n)).toBe(total);
          expect(arrivals.every((each) => each >= 0n)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('falls behind while a machine that is missed is away, and catches up', () => {
    const capacity = workOut(input({ messagesPerDay: '10 billion' }));
    const one = simulateDay(capacity, { mirrors: 1n }).mirrors;
    expect(one.peakLoadInFailure).toBe(Infinity);
    expect(one.peakLagSeconds).toBeCloseTo(1_800, 0); // half an hour
    expect(one.waiting).toBe(0n);
    expect(one.caughtUpAt).toBeGreaterThan(20 * 60 + 15);
    const two = simulateDay(capacity, { mirrors: 2n }).mirrors;
    expect(two.peakWaiting).toBe(0n);
    expect(two.peakLoadInFailure).toBeCloseTo(2 * two.peakLoad, 4);
  });

  it('shows machines that are too few', () => {
    const capacity = workOut(input({ messagesPerDay: '1 trillion' }));
    const { mirrors } = simulateDay(capacity, { mirrors: 8n });
    expect(mirrors.peakLoad).toBeGreaterThan(2);
    expect(mirrors.waiting).toBeGreaterThan(0n);
    expect(mirrors.caughtUpAt).toBeNull();
  });
});

/** What one message more or less in a minute makes of the load: all there is where traffic is a trickle. */
function oneMessage({ bytesPerMessage, copies, replication, brokerWrites }: CapacityInput): number {
  const number = (value: CapacityInput['copies']): number => Number(value.numerator) / Number(value.denominator);
  const clusters = 1 + number(copies);
  return (number(bytesPerMessage) * clusters * number(replication)) / number(brokerWrites);
}
