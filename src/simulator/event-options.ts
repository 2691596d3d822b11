/** The options of the scenario `events` beside its model: how many actors, for how long, and what becomes of events on their way. */
import type { OptionSpec, Options } from '../model/options.ts';
import { type DeliverySettings, deliveryOptions, deliverySettings } from './delivery-options.ts';

export type EventSettings = Readonly<{
  actors: number;
  /** Events are made for this long; null = for ever. */
  durationMs: number | null;
  seed: number;
}> &
  DeliverySettings;

const maxActors = 1_000_000; // about 150 bytes of state each

export const eventOptions: readonly OptionSpec[] = [
  { key: 'actors', kind: 'integer', default: '1000', min: 1, max: maxActors, description: 'Who sends events.' },
  {
    key: 'duration',
    kind: 'duration',
    min: 1,
    description: 'How long events are made, in simulated time. Without it the stream does not end.',
  },
  {
    key: 'seed',
    kind: 'integer',
    default: '1',
    min: 0,
    max: 4294967295,
    description: 'Chooses the stream: the same seed, settings and start give the same events.',
  },
  ...deliveryOptions,
];

export function eventSettings(options: Options, where: string): EventSettings {
  return {
    actors: options.number('actors'),
    durationMs: options.optionalNumber('duration') ?? null,
    seed: options.number('seed'),
    ...deliverySettings(options, where),
  };
}
