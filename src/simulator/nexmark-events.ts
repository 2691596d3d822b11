/**
 * What Nexmark's events say: its generator (GeneratorConfig, PersonGenerator, AuctionGenerator, BidGenerator of github.com/nexmark/nexmark)
 * as functions of an event's number. Persons and auctions count up; bids are for auctions and by persons that exist or soon will.
 */
import { below, chance, extraOf, priceOf, textOf } from './nexmark-chance.ts';
import type { NexmarkSettings } from './nexmark-options.ts';

export type EventKind = 'person' | 'auction' | 'bid';

const firstPersonId = 1000;
const firstAuctionId = 1000;
const firstCategoryId = 10;
const categoryCount = 5;
/** One in so many persons or auctions is a hot one. */
const hotDistance = 100;
/** Ids that may be named before they exist. */
const lead = 10;
const activePeople = 1000;
const auctionsInFlight = 100;
const channelCount = 10_000;

const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
// biome-ignore format: a list of words
const cities = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne'];
const firstNames = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const lastNames = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple'];

export class NexmarkEvents {
  readonly #settings: NexmarkSettings;
  readonly #startMs: number;
  /** Events in a round of all kinds. */
  readonly #round: number;

  constructor(settings: NexmarkSettings, startMs: number) {
    const { person, auction, bid } = settings.proportions;
    this.#settings = settings;
    this.#startMs = startMs;
    this.#round = person + auction + bid;
  }

  get round(): number {
    return this.#round;
  }

  /** The event time of the n-th event, n from 0. Never falls. */
  timeMs(n: number): number {
    return this.#startMs + Math.floor(Math.floor((n + 1) * (1_000_000 / this.#settings.eventsPerSecond)) / 1000);
  }

  /** By what the draws of the n-th event go, and the ids in it. */
  eventOf(n: number): number {
    return n + 2;
  }

  kindOf(event: number): EventKind {
    const { person, auction } = this.#settings.proportions;
    const rest = event % this.#round;
    if (rest < person) return 'person';
    return rest < person + auction ? 'auction' : 'bid';
  }

  /** The last person made, the event's own if it is one; counted from 0. */
  #lastPerson(event: number): number {
    const { person } = this.#settings.proportions;
    return Math.floor(event / this.#round) * person + Math.min(event % this.#round, person - 1);
  }

  #lastAuction(event: number): number {
    const { person, auction } = this.#settings.proportions;
    const [round, rest] = [Math.floor(event / this.#round), event % this.#round];
    if (rest < person) return (round - 1) * auction + auction - 1;
    return round * auction + Math.min(rest - person, auction - 1);
  }

  #somePerson(event: number, purpose: typeof chance.seller | typeof chance.bidder): number {
    const people = this.#lastPerson(event) + 1;
    const active = Math.min(people, activePeople);
    return people - active + below(active + lead, purpose, event);
  }

  personId(event: number): number {
    return this.#lastPerson(event) + firstPersonId;
  }

  personName(event: number): string {
    const first = firstNames[below(firstNames.length, chance.firstName, event)]!;
    return `${first} ${lastNames[below(lastNames.length, chance.lastName, event)]!}`;
  }

  emailAddress(event: number): string {
    return `${textOf(7, chance.mailbox, event)}@${textOf(5, chance.mailHost, event)}.com`;
  }

  creditCard(event: number): string {
    const groups = [0, 1, 2, 3].map((i) => below(10_000, chance.creditCard, event * 4 + i));
    return groups.map((group) => String(group).padStart(4, '0')).join(' ');
  }

  city(event: number): string {
    return cities[below(cities.length, chance.city, event)]!;
  }

  state(event: number): string {
    return states[below(states.length, chance.state, event)]!;
  }

  personExtra(event: number): string {
    const texts = [
      this.personName(event),
      this.emailAddress(event),
      this.creditCard(event),
      this.city(event),
      this.state(event),
    ];
    return extraOf(8 + texts.join('').length, this.#settings.sizes.person, event);
  }

  auctionId(event: number): number {
    return this.#lastAuction(event) + firstAuctionId;
  }

  itemName(event: number): string {
    return textOf(20, chance.itemName, event);
  }

  description(event: number): string {
    return textOf(100, chance.description, event);
  }

  initialBid(event: number): number {
    return priceOf(chance.initialBid, event);
  }

  reserve(event: number): number {
    return this.initialBid(event) + priceOf(chance.reserve, event);
  }

  /** After as many events as make the auctions in flight, on average. */
  expires(event: number): number {
    const n = event - 2;
    const ahead = Math.floor((auctionsInFlight * this.#round) / this.#settings.proportions.auction);
    const now = this.timeMs(n);
    const horizonMs = this.timeMs(n + ahead) - now;
    return now + 1 + below(Math.max(horizonMs * 2, 1), chance.length, event);
  }

  seller(event: number): number {
    const isHot = below(this.#settings.hotRatios.sellers, chance.isHot, event) > 0;
    const hot = Math.floor(this.#lastPerson(event) / hotDistance) * hotDistance;
    return (isHot ? hot : this.#somePerson(event, chance.seller)) + firstPersonId;
  }

  category(event: number): number {
    return firstCategoryId + below(categoryCount, chance.category, event);
  }

  auctionExtra(event: number): string {
    const size = 48 + this.itemName(event).length + this.description(event).length;
    return extraOf(size, this.#settings.sizes.auction, event);
  }

  bidAuction(event: number): number {
    const last = this.#lastAuction(event);
    if (below(this.#settings.hotRatios.auctions, chance.isHot, event) > 0) {
      return Math.floor(last / hotDistance) * hotDistance + firstAuctionId;
    }
    const least = Math.max(last - auctionsInFlight, 0);
    return least + below(last - least + 1 + lead, chance.auction, event) + firstAuctionId;
  }

  /** Nexmark's generator adds the first id twice; so is it here. */
  bidder(event: number): number {
    const isHot = below(this.#settings.hotRatios.bidders, chance.isHotBidder, event) > 0;
    const hot = Math.floor(this.#lastPerson(event) / hotDistance) * hotDistance + 1;
    return (isHot ? hot : this.#somePerson(event, chance.bidder)) + 2 * firstPersonId;
  }

  price(event: number): number {
    return priceOf(chance.price, event);
  }

  channel(event: number): string {
    const hot = this.#hotChannel(event);
    return hot === null ? `channel-${below(channelCount, chance.channel, event)}` : hotChannels[hot]!;
  }

  /** Every channel has its own. */
  url(event: number): string {
    const hot = this.#hotChannel(event);
    if (hot !== null) return baseUrl(channelCount + hot);
    const channel = below(channelCount, chance.channel, event);
    const url = baseUrl(channel);
    return below(10, chance.hasChannel, channel) > 0 ? `${url}&channel_id=${Math.abs(reversedBits(channel))}` : url;
  }

  #hotChannel(event: number): number | null {
    if (below(2, chance.isHotChannel, event) === 0) return null;
    return below(hotChannels.length, chance.channel, event);
  }

  bidExtra(event: number): string {
    return extraOf(32, this.#settings.sizes.bid, event);
  }
}

function baseUrl(channel: number): string {
  const parts = [0, 1, 2].map((i) => textOf(5, chance.url, channel * 3 + i, '_'));
  return `https://www.nexmark.com/${parts.join('/')}/item.htm?query=1`;
}

/** The 32 bits of a number from the last to the first: Integer.reverse. */
function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed;
}
