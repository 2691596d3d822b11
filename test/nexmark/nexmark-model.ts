import { NexmarkEvents } from '../../src/simulator/nexmark-events.ts';
import type { NexmarkSettings } from '../../src/simulator/nexmark-options.ts';

// What Nexmark's queries answer over the generator's events, by plain TypeScript over arrays.

export const eventCount = 3000;
export const eventsPerSecond = 100;
export const start = '2026-01-01';

const settings: NexmarkSettings = {
  eventsPerSecond,
  events: eventCount,
  proportions: { person: 1, auction: 3, bid: 46 },
  sizes: { person: 200, auction: 500, bid: 100 },
  hotRatios: { auctions: 2, bidders: 4, sellers: 4 },
};

type Person = Readonly<{ id: number; name: string; city: string; state: string; time: number }>;
type Auction = Readonly<{ id: number; seller: number; category: number; expires: number; time: number }>;
type Bid = Readonly<{
  auction: number;
  bidder: number;
  price: number;
  channel: string;
  url: string;
  extra: string;
  time: number;
}>;

const persons: Person[] = [];
const auctions: Auction[] = [];
const bids: Bid[] = [];
const events = new NexmarkEvents(settings, Date.parse(start));
for (let n = 0; n < eventCount; n++) {
  const e = events.eventOf(n);
  const time = events.timeMs(n);
  const kind = events.kindOf(e);
  if (kind === 'person') {
    persons.push({
      id: events.personId(e),
      name: events.personName(e),
      city: events.city(e),
      state: events.state(e),
      time,
    });
  } else if (kind === 'auction') {
    auctions.push({
      id: events.auctionId(e),
      seller: events.seller(e),
      category: events.category(e),
      expires: events.expires(e),
      time,
    });
  } else {
    const [channel, url, extra] = [events.channel(e), events.url(e), events.bidExtra(e)];
    bids.push({
      auction: events.bidAuction(e),
      bidder: events.bidder(e),
      price: events.price(e),
      channel,
      url,
      extra,
      time,
    });
  }
}

export type Value = string | number | null;
export type ModelRow = readonly Value[];

/** As rows are printed: ISO 8601 without the zeros at the end. */
function timeText(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('Z', '')
    .replace(/\.(\d*?)0+$/, (_, digits: string) => (digits === '' ? '' : `.${digits}`));
}

function groups<T>(rows: readonly T[], key: (row: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
  return [...found.values()];
}

/** The windows of a row: their starts. */
function windowsOf(time: number, sizeMs: number, slideMs: number): number[] {
  const starts: number[] = [];
  for (let at = Math.floor(time / slideMs) * slideMs; at > time - sizeMs; at -= slideMs) starts.push(at);
  return starts;
}

const tumble = (time: number): number => windowsOf(time, 10_000, 10_000)[0]!;
const euros = (price: number): number => Math.round(price * 908) / 1000;
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const average = (values: readonly number[]): number => Math.trunc(values.reduce((a, b) => a + b, 0) / values.length);
const passed = bids.map(
  ({ auction, bidder, price, time, extra }): ModelRow => [auction, bidder, price, timeText(time), extra],
);
const bidRow = ({ auction, bidder, price, channel, url, time, extra }: Bid): ModelRow => [
  auction,
  bidder,
  price,
  channel,
  url,
  timeText(time),
  extra,
];

/** An auction with the bids that came while it was open. */
const openBids = auctions.flatMap((auction) => {
  const own = bids.filter(
    (bid) => bid.auction === auction.id && bid.time >= auction.time && bid.time <= auction.expires,
  );
  return own.length === 0 ? [] : [{ auction, own }];
});

function bidsPerWindow(): { auction: number; start: number; count: number }[] {
  const counted = bids.flatMap((bid) =>
    windowsOf(bid.time, 10_000, 2_000).map((at) => ({ auction: bid.auction, start: at })),
  );
  return groups(counted, ({ auction, start: at }) => `${auction} ${at}`).map((group) => ({
    ...group[0]!,
    count: group.length,
  }));
}

function sessions(): ModelRow[] {
  return groups(bids, ({ bidder }) => String(bidder)).flatMap((own) => {
    const found: { from: number; to: number; count: number }[] = [];
    for (const { time } of own) {
      const last = found.at(-1);
      if (last !== undefined && time <= last.to) Object.assign(last, { to: time + 10_000, count: last.count + 1 });
      else found.push({ from: time, to: time + 10_000, count: 1 });
    }
    return found.map(({ from, to, count }): ModelRow => [own[0]!.bidder, count, timeText(from), timeText(to)]);
  });
}

/** `price` by cheap, middle, dear. */
const ranks = [
  (price: number) => price < 10_000,
  (price: number) => price >= 10_000 && price < 1_000_000,
  (price: number) => price >= 1_000_000,
];

function counts(own: readonly Bid[]): number[] {
  const of = (count: (rows: readonly Bid[]) => number): number[] => [
    count(own),
    ...ranks.map((rank) => count(own.filter(({ price }) => rank(price)))),
  ];
  const distinct = (key: 'bidder' | 'auction') => (rows: readonly Bid[]) => new Set(rows.map((row) => row[key])).size;
  return [...of((rows) => rows.length), ...of(distinct('bidder')), ...of(distinct('auction'))];
}

/** What each query's rows are in the end, in any order. */
export const answers: Readonly<Record<string, () => ModelRow[]>> = {
  q0: () => passed,
  q1: () => passed.map(([auction, bidder, price, ...rest]) => [auction!, bidder!, euros(price as number), ...rest]),
  q2: () => bids.filter(({ auction }) => auction % 123 === 0).map(({ auction, price }) => [auction, price]),
  q3: () =>
    auctions.flatMap(({ id, seller, category }) =>
      persons
        .filter((person) => person.id === seller && category === 10 && ['OR', 'ID', 'CA'].includes(person.state))
        .map((person): ModelRow => [person.name, person.city, person.state, id]),
    ),
  q4: () =>
    groups(openBids, ({ auction }) => String(auction.category)).map((group) => [
      group[0]!.auction.category,
      average(group.map(({ own }) => Math.max(...own.map(({ price }) => price)))),
    ]),
  q5: () => {
    const all = bidsPerWindow();
    const most = (at: number): number => Math.max(...all.filter((row) => row.start === at).map(({ count }) => count));
    return all.filter((row) => row.count >= most(row.start)).map(({ auction, count }) => [auction, count]);
  },
  q7: () =>
    groups(bids, ({ time }) => String(tumble(time))).flatMap((group) => {
      const [end, most] = [tumble(group[0]!.time) + 10_000, Math.max(...group.map(({ price }) => price))];
      const best = bids.filter(({ price, time }) => price === most && time >= end - 10_000 && time <= end);
      return best.map(
        ({ auction, price, bidder, time, extra }): ModelRow => [auction, price, bidder, timeText(time), extra],
      );
    }),
  q8: () => {
    const sold = new Set(auctions.map(({ seller, time }) => `${seller} ${tumble(time)}`));
    return persons
      .filter(({ id, time }) => sold.has(`${id} ${tumble(time)}`))
      .map(({ id, name, time }) => [id, name, timeText(tumble(time))]);
  },
  q11: sessions,
  q15: () => groups(bids, ({ time }) => day(time)).map((own) => [day(own[0]!.time), ...counts(own)]),
  q16: () =>
    groups(bids, ({ channel }) => channel).map((own) => {
      const minute = Math.max(...own.map(({ time }) => time));
      return [own[0]!.channel, day(minute), new Date(minute).toISOString().slice(11, 16), ...counts(own)];
    }),
  q17: () =>
    groups(bids, ({ auction }) => String(auction)).map((own) => {
      const prices = own.map(({ price }) => price);
      const sum = prices.reduce((a, b) => a + b, 0);
      return [
        own[0]!.auction,
        day(own[0]!.time),
        ...counts(own).slice(0, 4),
        Math.min(...prices),
        Math.max(...prices),
        average(prices),
        sum,
      ];
    }),
  q18: () => groups(bids, ({ bidder, auction }) => `${bidder} ${auction}`).map((own) => bidRow(own.at(-1)!)),
  q19: () =>
    groups(bids, ({ auction }) => String(auction)).flatMap((own) => {
      const best = own.toSorted((a, b) => b.price - a.price).slice(0, 10);
      return best.map((bid, i) => [...bidRow(bid), i + 1]);
    }),
  q22: () =>
    bids.map(({ auction, bidder, price, channel, url }) => [
      auction,
      bidder,
      price,
      channel,
      ...url.split('/').slice(3, 6),
    ]),
};
