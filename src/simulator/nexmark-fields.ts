/** The columns of Nexmark's table: the kind of the event, and a ROW for each kind, which is NULL in events of another. */
import { type DataType, type Field, types } from '../model/types.ts';
import type { EventKind, NexmarkEvents } from './nexmark-events.ts';

export type NexmarkValue = (events: NexmarkEvents, event: number, timeMs: number) => number | string;

export type NexmarkField = Readonly<{ name: string; type: DataType; value: NexmarkValue }>;

/** In the order of the numbers in `event_type`. */
export const eventKinds: readonly EventKind[] = ['person', 'auction', 'bid'];

export const typeColumn = 'event_type';

const id = types.of('bigint');
const text = types.string();
const time = types.timestamp(3);
const now: NexmarkValue = (_, __, timeMs) => timeMs;

export const nexmarkFields: Readonly<Record<EventKind, readonly NexmarkField[]>> = {
  person: [
    { name: 'id', type: id, value: (events, event) => events.personId(event) },
    { name: 'name', type: text, value: (events, event) => events.personName(event) },
    { name: 'emailAddress', type: text, value: (events, event) => events.emailAddress(event) },
    { name: 'creditCard', type: text, value: (events, event) => events.creditCard(event) },
    { name: 'city', type: text, value: (events, event) => events.city(event) },
    { name: 'state', type: text, value: (events, event) => events.state(event) },
    { name: 'dateTime', type: time, value: now },
    { name: 'extra', type: text, value: (events, event) => events.personExtra(event) },
  ],
  auction: [
    { name: 'id', type: id, value: (events, event) => events.auctionId(event) },
    { name: 'itemName', type: text, value: (events, event) => events.itemName(event) },
    { name: 'description', type: text, value: (events, event) => events.description(event) },
    { name: 'initialBid', type: id, value: (events, event) => events.initialBid(event) },
    { name: 'reserve', type: id, value: (events, event) => events.reserve(event) },
    { name: 'dateTime', type: time, value: now },
    { name: 'expires', type: time, value: (events, event) => events.expires(event) },
    { name: 'seller', type: id, value: (events, event) => events.seller(event) },
    { name: 'category', type: id, value: (events, event) => events.category(event) },
    { name: 'extra', type: text, value: (events, event) => events.auctionExtra(event) },
  ],
  bid: [
    { name: 'auction', type: id, value: (events, event) => events.bidAuction(event) },
    { name: 'bidder', type: id, value: (events, event) => events.bidder(event) },
    { name: 'price', type: id, value: (events, event) => events.price(event) },
    { name: 'channel', type: text, value: (events, event) => events.channel(event) },
    { name: 'url', type: text, value: (events, event) => events.url(event) },
    { name: 'dateTime', type: time, value: now },
    { name: 'extra', type: text, value: (events, event) => events.bidExtra(event) },
  ],
};

/** Whether a ROW column of a table is one of the kind: fields of the kind, each with a type that holds it. */
export function holdsKind(type: DataType, kind: EventKind): boolean {
  return type.kind === 'row' && type.fields.every((field) => holds(field, kind));
}

function holds({ name, type }: Field, kind: EventKind): boolean {
  const known = nexmarkFields[kind].find((field) => field.name === name);
  if (known === undefined || known.type.kind !== type.kind) return false;
  return type.kind !== 'timestamp' || type.precision <= 3;
}
