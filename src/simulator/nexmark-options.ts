/** The options of Nexmark's own Flink source (NexmarkSourceOptions of github.com/nexmark/nexmark), checked. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';

export type NexmarkSettings = Readonly<{
  /** Of all events together, in a second of event time. */
  eventsPerSecond: number;
  /** null: without end. */
  events: number | null;
  /** How often each kind is made. */
  proportions: Readonly<{ person: number; auction: number; bid: number }>;
  /** Bytes of an event on average: what `extra` fills up to. */
  sizes: Readonly<{ person: number; auction: number; bid: number }>;
  /** One in so many is not for the hot one. */
  hotRatios: Readonly<{ auctions: number; bidders: number; sellers: number }>;
}>;

const number = (key: string, value: string, min: number, description: string): OptionSpec => ({
  key,
  kind: 'integer',
  default: value,
  min,
  description,
});

const size = (key: string, value: string, what: string): OptionSpec => ({
  key,
  kind: 'memory',
  default: value,
  description: `Size of ${what} on average.`,
});

/** Nexmark's own source reads them and does nothing with them. */
const idle = (key: string, kind: OptionSpec['kind'], value: string): OptionSpec => ({
  key,
  kind,
  default: value,
  description: 'Without effect, as in the source of Nexmark.',
  withoutEffect: true,
});

export const nexmarkOptions: readonly OptionSpec[] = [
  number('first-event.rate', '10000', 1, 'Events in a second of event time.'),
  number('events.num', '0', 0, 'How many events there are; 0: they never end.'),
  number('stop-at', '-1', -1, 'Ends after so many events, if that is earlier; -1: it does not.'),
  number('person.proportion', '1', 1, 'How many of the events of a round are new persons.'),
  number('auction.proportion', '3', 1, 'How many of the events of a round are new auctions.'),
  number('bid.proportion', '46', 1, 'How many of the events of a round are bids.'),
  size('person.avg-size', '200b', 'a person'),
  size('auction.avg-size', '500b', 'an auction'),
  size('bid.avg-size', '100b', 'a bid'),
  number('bid.hot-ratio.auctions', '2', 1, 'One bid in so many is not for a hot auction.'),
  number('bid.hot-ratio.bidders', '4', 1, 'One bid in so many is not by a hot bidder.'),
  number('auction.hot-ratio.sellers', '4', 1, 'One auction in so many is not of a hot seller.'),
  {
    key: 'max-emit-speed',
    kind: 'boolean',
    default: 'true',
    description: 'As fast as possible; false: with the wall clock.',
  },
  {
    key: 'keep-alive',
    kind: 'boolean',
    default: 'false',
    description: 'Whether the source stays when its events are over.',
  },
  idle('next-event.rate', 'integer', '10000'),
  idle('rate.shape', 'string', 'SQUARE'),
  idle('rate.period', 'duration', '600 s'),
  idle('rate.limited', 'boolean', 'false'),
];

/** Throws EngineError UNSUPPORTED for a source that stays. */
export function nexmarkSettings(options: Options, where: string): NexmarkSettings {
  if (options.boolean('keep-alive')) {
    throw new EngineError(
      'UNSUPPORTED',
      `${where}: option 'keep-alive': a source that stays at its end is not supported`,
      {
        hint: "Set 'events.num' to 0 for events without end.",
      },
    );
  }
  const limits = [options.number('events.num') || Infinity, options.number('stop-at')].filter((limit) => limit >= 0);
  const events = Math.min(...limits);
  return {
    eventsPerSecond: options.number('first-event.rate'),
    events: events === Infinity ? null : events,
    proportions: {
      person: options.number('person.proportion'),
      auction: options.number('auction.proportion'),
      bid: options.number('bid.proportion'),
    },
    sizes: {
      person: options.number('person.avg-size'),
      auction: options.number('auction.avg-size'),
      bid: options.number('bid.avg-size'),
    },
    hotRatios: {
      auctions: options.number('bid.hot-ratio.auctions'),
      bidders: options.number('bid.hot-ratio.bidders'),
      sellers: options.number('auction.hot-ratio.sellers'),
    },
  };
}
