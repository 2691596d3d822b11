/**
 * What the actors of a scenario `events` send. An actor goes through one *journey* after the other, with a pause between two; a journey
 * is a walk from *step* to step by chance; each step sends one event. A journey can be an anomaly: then the truth names it. All
 * fields of an event are drawn anew with each event, or once for whatever they are *of*: the journey, the actor, the value of another field.
 */
import type { Distribution } from './distribution.ts';

export type EventModel = Readonly<{
  /** What an actor's name begins with: `card` names `card-0042`. */
  actor: string;
  /** How unlike the actors are: deviation of the logarithm of their pauses. */
  activity: number;
  /** ms between two journeys. */
  pause: Distribution;
  fields: readonly FieldModel[];
  journeys: readonly JourneyModel[];
}>;

export type FieldModel = Readonly<{
  name: string;
  value: ValueModel;
  /** Names of the steps that have it; null = all. */
  steps: readonly string[] | null;
}>;

export type JourneyModel = Readonly<{
  name: string;
  /** How often it is chosen, relative to the others. */
  weight: number;
  isAnomaly: boolean;
  /** The first is where it begins. */
  steps: readonly StepModel[];
  /** By field: instead of the field's own. */
  values: ReadonlyMap<string, ValueModel>;
}>;

export type StepModel = Readonly<{
  name: string;
  /** Nothing is sent: time passes. */
  silent: boolean;
  /** ms until the next step. */
  wait: Distribution;
  /** Indexes of steps, each with its probability and those before it added up; what is missing to 1 ends the journey. */
  next: readonly Readonly<{ step: number; upTo: number }>[];
  values: ReadonlyMap<string, ValueModel>;
}>;

/** What a value is drawn once for: `event`, `journey`, `actor`, or each value of a field, by its index. */
export type Scope = 'event' | 'journey' | 'actor' | number;

/** A time that comes again and again: for `share` of the events of each span of `everyMs`, one value is chosen instead. */
export type Burst = Readonly<{ everyMs: number; share: number }>;

/** The kinds without anything to say: the event's identity, who, which journey, when, which step, which anomaly (or null). */
export const plainKinds = ['event-id', 'actor', 'journey', 'time', 'step', 'anomaly'] as const;

export type ValueModel =
  | Readonly<{ kind: (typeof plainKinds)[number] }>
  | Readonly<{ kind: 'pick'; of: Scope; texts: readonly string[]; weights: readonly number[] }>
  | Readonly<{ kind: 'zipf'; of: Scope; prefix: string; count: number; exponent: number; burst: Burst | null }>
  | NumberModel;

export type NumberModel = Readonly<{
  kind: 'number';
  of: Scope;
  distribution: Distribution;
  /** Behind the point; 0 makes whole numbers. */
  digits: number;
  /** Added: of each actor, always the same. */
  around: Distribution | null;
  /** Added: up and down with time, each actor at a phase of its own. */
  wave: Readonly<{ amplitude: number; periodMs: number }> | null;
  /** Added with each minute of the journey. */
  slope: number;
}>;
