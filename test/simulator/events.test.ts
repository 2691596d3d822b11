import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lineOutlet } from '../../src/simulator/outlet.ts';
import { Publisher } from '../../src/simulator/publisher.ts';
import type { Shard } from '../../src/simulator/record-stream.ts';
import { parseScenario } from '../../src/simulator/scenario.ts';

type Event = Readonly<Record<string, string | number | null>>;

const head = 'apiVersion: millrace/v1\nkind: Scenario\nmetadata: { name: visits }\nspec:\n';
const usual = `scenario: events
rate: unlimited
actors: 50
duration: 20 min
model:
  actor: user
  activity: 0.5
  pause: { exponential: 1 min }
  fields:
    event_id: event-id
    event_time: time
    kind: step
    user: actor
    session: journey
    fraud: anomaly
    country: { pick: { VN: 3, US: 1 }, of: actor }
    item: { zipf: 100, exponent: 1.2, prefix: item-, of: journey }
    maker: { zipf: 10, exponent: 0, prefix: "maker \\"", of: item }
    price: { lognormal: [20, 0.5], digits: 2, min: 1, max: 99, of: item, steps: [buy] }
    balance: { normal: [0, 50], digits: 1 }
    delta: { uniform: [-100, 100] }
  journeys:
    visit:
      weight: 9
      steps:
        look: { wait: { uniform: [1 s, 3 s] }, next: { look: 0.5, buy: 0.2 } }
        think: { silent: true }
        buy: {}
    robot:
      weight: 1
      anomaly: true
      fields: { item: { pick: [bait] } }
      steps: { look: { wait: 100 ms, next: { look: 0.9 } } }
`;

const scenarioOf = (spec: string, set: Readonly<Record<string, string>> = {}) =>
  parseScenario(`${head}${spec.replace(/^/gm, '  ')}`, 'scenario `v.yaml`', new Map(Object.entries(set)));

async function publish(
  set: Readonly<Record<string, string>> = {},
  shard: Shard = { index: 0, count: 1 },
  spec = usual,
) {
  const [records, lines]: [string[], string[]] = [[], []];
  const sink = (into: string[]) => ({
    write: async (bytes: Uint8Array) => void into.push(Buffer.from(bytes).toString()),
    close: async () => {},
  });
  const clock = { now: () => 0, sleep: async () => {} };
  const publisher = new Publisher(scenarioOf(spec, set), shard, lineOutlet(sink(records)), sink(lines), clock);
  const totals = await publisher.run(new AbortController().signal);
  const split = (texts: readonly string[]) => texts.join('').trimEnd().split('\n');
  return {
    totals,
    lines: split(records),
    events: split(records).map((line) => JSON.parse(line) as Event),
    truth: split(lines).map((line) => JSON.parse(line) as Event),
  };
}

const at = (event: Event): number => Date.parse(`${String(event.event_time).replace(' ', 'T')}Z`);
const most = (events: readonly Event[], field: string) =>
  [...Map.groupBy(events, (event) => event[field])].map(([value, list]) => [value, list.length] as const);

describe('a scenario of events', () => {
  it('gives the same events for the same seed, other ones for another', async () => {
    const [one, again, other] = [await publish(), await publish(), await publish({ seed: '2' })];
    expect(again.lines).toEqual(one.lines);
    expect(one.lines.length).toBeGreaterThan(2000);
    expect(new Set(other.lines).intersection(new Set(one.lines)).size).toBe(0);
  });

  it('is covered once by its shards', async () => {
    const faults = { 'disorder.rate': '0.1', 'duplicates.rate': '0.05', 'late.rate': '0.01' };
    const whole = await publish(faults);
    const shards = await Promise.all([0, 1, 2].map((index) => publish(faults, { index, count: 3 })));
    expect(shards.flatMap(({ lines }) => lines).sort()).toEqual(whole.lines.toSorted());
  });

  it('has events in the order of time, from its start to its end, the actors with their own', async () => {
    const { events } = await publish();
    const times = events.map(at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const start = Date.UTC(2026, 0, 1);
    expect([times[0]! - start, start + 20 * 60_000 - times.at(-1)!].map((ms) => ms >= 0 && ms < 10_000)).toEqual([
      true,
      true,
    ]);
    expect(new Set(events.map(({ user }) => user)).size).toBe(50);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    for (const list of Map.groupBy(events, ({ user }) => user).values())
      expect(list.map(({ event_id }) => Number(String(event_id).split('-').at(-1)))).toEqual(list.map((_, i) => i));
  });

  it('draws a field anew for whatever it is of', async () => {
    const { events } = await publish();
    const valuesBy = (by: string, field: string) =>
      [...Map.groupBy(events, (event) => event[by]).values()].map(
        (list) => new Set(list.map((event) => event[field])).size,
      );
    for (const [by, field] of [
      ['user', 'country'],
      ['session', 'item'],
      ['item', 'maker'],
      ['session', 'fraud'],
    ])
      expect(Math.max(...valuesBy(by!, field!)), `${field} of ${by}`).toBe(1);
    expect(new Set(events.map(({ maker }) => maker)).size).toBe(10);
    expect(String(events.find(({ maker }) => maker !== undefined)!.maker)).toMatch(/^maker "\d\d$/);
  });

  it('keeps to its distributions', async () => {
    const { events } = await publish({ actors: '400' });
    const honest = events.filter(({ fraud }) => fraud === null);
    const items = most(
      honest.filter(({ kind }) => kind === 'look'),
      'item',
    ).toSorted((a, b) => b[1] - a[1]);
    expect(items[0]![0]).toBe('item-001');
    const sold = honest.filter(({ kind }) => kind === 'buy');
    // Of each look: 0.5 another one, 0.2 a purchase.
    expect(sold.length / honest.length).toBeCloseTo(0.2 / 1.2, 1);
    expect(Math.min(...sold.map(({ price }) => Number(price)))).toBeGreaterThanOrEqual(1);
    const people = new Map(events.map(({ user, country }) => [user, country]));
    expect([...people.values()].filter((country) => country === 'VN').length / people.size).toBeCloseTo(0.75, 1);
    const balances = events.map(({ balance }) => Number(balance));
    const mean = balances.reduce((sum, value) => sum + value, 0) / balances.length;
    expect(Math.abs(mean)).toBeLessThan(3);
    expect(events.filter(({ delta }) => Number(delta) < 0).length / events.length).toBeCloseTo(0.5, 1);
  });

  it('has a field in its steps alone', async () => {
    const { events } = await publish();
    for (const event of events) expect('price' in event, JSON.stringify(event)).toBe(event.kind === 'buy');
  });

  it('tells the truth about anomalies: which actor, which journey, from when to when', async () => {
    const { events, truth } = await publish();
    const marked = [
      ...Map.groupBy(
        events.filter(({ fraud }) => fraud === 'robot'),
        ({ session }) => session,
      ),
    ];
    const told = truth.filter(({ kind }) => kind === 'anomaly');
    expect(marked.length).toBeGreaterThan(20);
    const line = (...parts: readonly unknown[]) => parts.join(' ');
    expect(
      told
        .map((each) => line(each.actor, each.journey, Date.parse(String(each.from)), Date.parse(String(each.to))))
        .sort(),
    ).toEqual(marked.map(([session, list]) => line(list[0]!.user, session, at(list[0]!), at(list.at(-1)!))).sort());
    expect(new Set(marked.flatMap(([, list]) => list.map(({ item }) => item)))).toEqual(new Set(['bait']));
  });

  it('delivers some events in disorder, late and twice, and says which', async () => {
    const faults = { 'disorder.rate': '0.1', 'duplicates.rate': '0.05', 'late.rate': '0.02' };
    const [{ events: plain }, { events, truth, totals }] = [await publish(), await publish(faults)];
    const distinct = Map.groupBy(events, ({ event_id }) => event_id);
    expect(new Set(distinct.keys())).toEqual(new Set(plain.map(({ event_id }) => event_id)));
    const ids = (kind: string) => truth.filter((line) => line.kind === kind).map(({ event_id }) => event_id);
    expect(
      [...distinct]
        .filter(([, list]) => list.length > 1)
        .map(([id]) => id)
        .sort(),
    ).toEqual(ids('duplicate').sort());
    expect(ids('late').length).toBe(totals.late);
    const behind = (kind: string) => truth.filter((line) => line.kind === kind).map((line) => Number(line.behind_ms));
    expect([Math.min(...behind('late')) >= 30_000, Math.max(...behind('late')) <= 60_000]).toEqual([true, true]);
    expect([Math.min(...behind('duplicate')) > 0, Math.max(...behind('duplicate')) > 4_000]).toEqual([true, true]);
    expect(totals.late / totals.events).toBeCloseTo(0.02, 2);
    expect(truth.at(-1)).toMatchObject({ kind: 'summary', records: events.length });
  });

  it('has bursts of one value, a span of time each, and tells of each once', async () => {
    const spec = usual.replace('prefix: item-, of: journey', 'prefix: item-, burst: { every: 5 min, share: 0.5 }');
    const { events, truth } = await publish({}, undefined, spec);
    const bursts = truth.filter(({ kind }) => kind === 'burst');
    expect(bursts.length).toBe(4);
    for (const { value, from, to } of bursts) {
      const during = events.filter(
        (event) => at(event) >= Date.parse(String(from)) && at(event) < Date.parse(String(to)) && event.fraud === null,
      );
      expect(during.filter(({ item }) => item === value).length / during.length).toBeGreaterThan(0.45);
    }
  });

  it('lets a number rise along its journey and swing with time', async () => {
    const spec = (number: string) => `scenario: events
rate: unlimited
actors: 3
duration: 1 h
model:
  actor: m
  fields: { event_time: time, m: actor, v: ${number} }
  journeys: { run: { steps: { tick: { wait: 10 s, next: { tick: 1 } } } } }`;
    const valuesOf = async (number: string) => {
      const { events } = await publish({}, undefined, spec(number));
      return [...Map.groupBy(events, ({ m }) => m).values()].map((list) => list.map(({ v }) => Number(v)));
    };
    for (const list of await valuesOf('{ constant: 5, digits: 3, slope: 0.6, max: 30 }'))
      expect([list[0], list[1], list[60], list.at(-1)]).toEqual([5, 5.1, 11, 30]);
    for (const list of await valuesOf('{ constant: 0, digits: 2, wave: { amplitude: 3, period: 30 min } }'))
      expect([Math.max(...list), Math.min(...list), list[180]! - list[0]!].map(Math.round)).toEqual([3, -3, 0]);
    const bases = (await valuesOf('{ constant: 1, digits: 3, around: { normal: [100, 10] } }')).map(
      (list) => new Set(list),
    );
    expect(bases.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set(bases.flatMap((set) => [...set])).size).toBe(3);
  });
});

it('the example of the documentation is a scenario', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/applications/README.md'), 'utf8');
  const example = /^```yaml\n([\s\S]*?)^```$/m.exec(page)![1]!;
  expect(parseScenario(example, 'README.md').subject).toMatchObject({ size: 1000, members: 'actors' });
});

describe('a model that is wrong', () => {
  const changed = (from: string, to: string): string => {
    expect(usual).toContain(from);
    return usual.replace(from, to);
  };
  it.each<[what: string, spec: string, message: RegExp]>([
    [
      'no model',
      usual.slice(0, usual.indexOf('model:')),
      /spec.model: expected a mapping that says what the actors send/,
    ],
    [
      'a model of a fleet',
      'devices: 5\nmodel: {}',
      /spec.model: expected nothing: only scenarios of the kind 'events'/,
    ],
    ['a device', changed('actors: 50', 'devices: 50'), /unknown option 'devices'/],
    [
      'a field',
      changed('kind: step', 'kind: stp'),
      /line 16: spec.model.fields.kind: expected 'event-id' or .*found "stp"/,
    ],
    [
      'a shape',
      changed('{ uniform: [-100, 100] }', '{ even: 1 }'),
      /spec.model.fields.delta: expected event-id.*or a mapping with pick, zipf or one of constant/,
    ],
    ['numbers', changed('[-100, 100]', '[-100]'), /fields.delta.uniform: expected a list of two/],
    ['a time', changed('[1 s, 3 s]', '[1 s, soon]'), /steps.look.wait.uniform: expected a duration/],
    [
      'what it is of',
      changed('of: item }\n', 'of: price }\n'),
      /fields.maker.of: expected event, journey, actor or a field that stands before it/,
    ],
    [
      'a step',
      changed('steps: [buy]', 'steps: [pay]'),
      /fields.price.steps: expected steps of journeys \(look, think, buy\)/,
    ],
    ['a next step', changed('buy: 0.2 }', 'bye: 0.2 }'), /next.bye: unknown field/],
    [
      'chances',
      changed('look: 0.5', 'look: 0.9'),
      /steps.look.next: expected probabilities that are 1 at the most together/,
    ],
  ])('%s is refused', (_, spec, message) => {
    expect(() => scenarioOf(spec)).toThrow(message);
  });
});
