/** Chance in Nexmark's events: each draw is fixed by the event's number and by what it is for. */
import { draw, streamKey, uniform } from './random.ts';

const key = streamKey(20, 26);

/** What a draw is for; texts go on from theirs by themselves. */
export const chance = {
  isHot: 1,
  seller: 2,
  category: 3,
  initialBid: 4,
  reserve: 5,
  length: 6,
  itemName: 7,
  description: 8,
  extraSize: 9,
  extraPlace: 10,
  auction: 11,
  isHotBidder: 12,
  bidder: 13,
  price: 14,
  isHotChannel: 15,
  channel: 16,
  firstName: 17,
  lastName: 18,
  mailbox: 19,
  mailHost: 20,
  creditCard: 21,
  city: 22,
  state: 23,
  url: 24,
  hasChannel: 25,
  filler: 26,
} as const;

type Purpose = (typeof chance)[keyof typeof chance];

/** From 0 inclusive to `bound` exclusive. */
export function below(bound: number, purpose: Purpose, event: number): number {
  return Math.floor(uniform(draw(key.a, key.b, purpose, event)) * bound);
}

/** From 1.00 to 1,000,000.00, in cents; small ones are frequent. */
export function priceOf(purpose: Purpose, event: number): number {
  return Math.round(10 ** (uniform(draw(key.a, key.b, purpose, event)) * 6) * 100);
}

const shortestText = 3;

/** Small letters with some `gap`s among them, at the most `maxLength`; gaps at its ends are cut off where they are blanks. */
export function textOf(maxLength: number, purpose: Purpose, event: number, gap = ' '): string {
  const length = shortestText + below(maxLength - shortestText, purpose, event);
  return lettersOf(length, purpose, event, gap).trim();
}

function lettersOf(length: number, purpose: Purpose, event: number, gap: string | null): string {
  let text = '';
  for (let i = 1; i <= length; i++) {
    const bits = draw(key.a + i, key.b, purpose, event) >>> 0;
    text += gap !== null && bits % 13 === 0 ? gap : String.fromCharCode(97 + ((bits >>> 8) % 26));
  }
  return text;
}

const fillerLength = 65_536;
let filler: string | null = null;

/** What brings an event of `size` bytes to `average` on average: a piece of one long text, 20 % more or less. */
export function extraOf(size: number, average: number, event: number): string {
  if (size > average) return '';
  filler ??= lettersOf(fillerLength, chance.filler, 0, null);
  const missing = average - size;
  const spread = Math.round(missing * 0.2);
  const length = missing - spread + (spread === 0 ? 0 : below(2 * spread, chance.extraSize, event));
  const place = below(Math.max(1, fillerLength - length), chance.extraPlace, event);
  return filler.slice(place, place + length);
}
