/** The scenario `events` as records: what the actors send on their journeys as JSON, the actor's name as key. */

import { EngineError } from '../model/errors.ts';
import { hashInteger, mix } from '../model/hash.ts';
import { Actors, type EndedJourney } from './actors.ts';
import { Delivery } from './delivery.ts';
import { writeBytes } from './digits.ts';
import type { EventModel, JourneyModel, StepModel } from './event-model.ts';
import type { EventSettings } from './event-options.ts';
import { type Moment, type Value, type ValueContext, valueFor } from './event-values.ts';
import { deviceRange } from './fleet-options.ts';
import { recordCode } from './readings.ts';
import type { RecordBuffer } from './record-buffer.ts';
import type { RecordStream, Shard, Subject, TruthListener } from './record-stream.ts';
import { TimeHeap } from './time-heap.ts';
import { isoTime } from './truth-log.ts';

const encoder = new TextEncoder();
const maxHeld = 4_000_000;

export class EventsSubject implements Subject {
  readonly settings: EventSettings;
  readonly model: EventModel;
  readonly members = 'actors';
  readonly #name: string;

  /** `name` is the scenario's. */
  constructor(name: string, settings: EventSettings, model: EventModel) {
    this.#name = name;
    this.settings = settings;
    this.model = model;
  }

  get size(): number {
    return this.settings.actors;
  }

  names(shard: Shard): string[] {
    const { from, to } = deviceRange(this.size, shard.index, shard.count);
    const width = Math.max(4, String(this.size).length);
    return Array.from(
      { length: to - from },
      (_, i) => `${this.model.actor}-${String(from + i + 1).padStart(width, '0')}`,
    );
  }

  keys(shard: Shard): Uint8Array[] {
    return this.names(shard).map((name) => encoder.encode(name));
  }

  open(shard: Shard, startMs: number, tell: TruthListener | null): RecordStream {
    tell?.({ kind: 'scenario', name: this.#name, start: isoTime(startMs), settings: this.settings });
    return new EventRecords(this, shard, startMs, tell);
  }
}

/** A delivery that is still to come. */
type Held = Readonly<{ bytes: Uint8Array; member: number; timeMs: number; kind: number; sequence: number }>;

/** A field of a step's events: its index in the model, `,"name":`, its values. */
type StepField = Readonly<{ index: number; head: Uint8Array; value: Value }>;

class EventRecords implements RecordStream {
  readonly maxRecordBytes: number;
  readonly #actors: Actors;
  readonly #names: readonly string[];
  readonly #run: string;
  /** By journey and step; null: it is silent. */
  readonly #fields: readonly (readonly (readonly StepField[] | null)[])[];
  readonly #delivery: Delivery;
  readonly #held = new TimeHeap<Held>();
  readonly #moment: Moment;
  readonly #tell: TruthListener | null;

  constructor(subject: EventsSubject, shard: Shard, startMs: number, tell: TruthListener | null) {
    const { model, settings } = subject;
    this.#tell = tell;
    this.#names = subject.names(shard);
    this.#run = (mix(mix(settings.seed) ^ hashInteger(startMs)) >>> 0).toString(36);
    this.#actors = new Actors(
      model,
      settings,
      shard,
      startMs,
      tell === null ? null : (ended) => this.#tellJourney(ended),
    );
    this.#delivery = new Delivery(settings);
    this.#fields = this.#stepFields(model, settings.seed);
    this.maxRecordBytes = Math.max(2, ...this.#fields.flat().map(longestEvent));
    const { keys } = this.#actors;
    const values = new Float64Array(model.fields.length);
    this.#moment = { key: keys[0]!, actor: 0, sequence: 0, journey: 0, tick: 0, timeMs: 0, journeyMs: 0, values };
  }

  get nextDueMs(): number {
    return Math.min(this.#actors.nextMs, this.#held.nextMs);
  }

  fill(target: RecordBuffer, untilMs: number): void {
    while (target.length < target.capacity && this.#advance(target, untilMs));
  }

  close(): void {
    this.#actors.close();
  }

  /** One step: delivers a held record, or has an actor do its step. False when nothing is due. */
  #advance(target: RecordBuffer, untilMs: number): boolean {
    const heldMs = this.#held.nextMs;
    const stepMs = this.#actors.nextMs;
    const dueMs = Math.min(heldMs, stepMs);
    if (dueMs > untilMs || dueMs === Infinity) return false;
    if (heldMs <= stepMs) this.#deliverHeld(target, heldMs);
    else this.#doStep(target, stepMs);
    return true;
  }

  #deliverHeld(target: RecordBuffer, dueMs: number): void {
    const { bytes, member, timeMs, kind, sequence } = this.#held.pop();
    const end = writeBytes(target.bytes, target.end, bytes);
    target.add(end, member, timeMs, kind);
    if (kind >= recordCode.late) this.#tellDelivery(member, sequence, kind, timeMs, dueMs);
  }

  #doStep(target: RecordBuffer, nowMs: number): void {
    const actors = this.#actors;
    const actor = actors.next;
    const fields = this.#fields[actors.journeyIndex[actor]!]![actors.stepIndex[actor]!]!;
    if (fields !== null) {
      const moment = this.#moment;
      moment.key = actors.keys[actor]!;
      moment.actor = actor;
      moment.sequence = actors.sequence[actor]!;
      moment.journey = actors.journey[actor]!;
      moment.tick = actors.tick[actor]!;
      moment.timeMs = nowMs;
      moment.journeyMs = actors.journeyMs[actor]!;
      this.#send(fields, target);
      actors.sequence[actor]!++;
    }
    actors.advance();
  }

  #send(fields: readonly StepField[], target: RecordBuffer): void {
    const { actor, key, sequence, timeMs } = this.#moment;
    const end = this.#write(fields, target);
    const delivery = this.#delivery;
    delivery.decide(key, sequence);
    const { kind, delayMs, duplicateMs } = delivery;
    if (delayMs > 0 || duplicateMs > 0) {
      const bytes = target.bytes.slice(target.end, end);
      const held = { bytes, member: actor, timeMs, sequence };
      if (duplicateMs > 0) this.#hold({ ...held, kind: recordCode.duplicate }, timeMs + delayMs + duplicateMs);
      if (delayMs > 0) this.#hold({ ...held, kind }, timeMs + delayMs);
    }
    if (delayMs === 0) target.add(end, actor, timeMs, kind);
  }

  #write(fields: readonly StepField[], { bytes, end }: RecordBuffer): number {
    const moment = this.#moment;
    let at = end;
    for (const { index, head, value } of fields) {
      const drawn = value.draw(moment);
      moment.values[index] = drawn;
      at = value.write(bytes, writeBytes(bytes, at, head), drawn, moment);
    }
    bytes[at] = 125; // }
    return at + 1;
  }

  #hold(held: Held, dueMs: number): void {
    if (this.#held.size < maxHeld) {
      this.#held.push(held, dueMs);
      return;
    }
    throw new EngineError(
      'INVALID_OPTION',
      `option 'late.rate': expected at most ${maxHeld} events that wait for their delayed delivery, found more`,
      { hint: "Lower 'late.rate', 'disorder.rate' or 'duplicates.rate', or the longest delay." },
    );
  }

  #stepFields(model: EventModel, seed: number): (readonly StepField[] | null)[][] {
    const actors = this.#names.map((name) => encoder.encode(JSON.stringify(name).slice(0, -1)));
    const onBurst = this.#tell === null ? () => {} : this.#burstTeller(this.#tell);
    return model.journeys.map((journey) =>
      journey.steps.map((step) => {
        const anomaly = journey.isAnomaly ? journey.name : null;
        const ctx: ValueContext = { seed, actors, run: this.#run, step: step.name, anomaly, onBurst };
        return step.silent ? null : fieldsOfStep(model, journey, step, ctx);
      }),
    );
  }

  /** Tells of each burst once: by its first event. */
  #burstTeller(tell: TruthListener): ValueContext['onBurst'] {
    const told = new Map<string, number>();
    return (field, fromMs, lengthMs, value) => {
      if (fromMs <= (told.get(field) ?? -1)) return;
      told.set(field, fromMs);
      tell({ kind: 'burst', field, value: value(), from: isoTime(fromMs), to: isoTime(fromMs + lengthMs) });
    };
  }

  #tellJourney({ actor, number, model, fromMs, toMs }: EndedJourney): void {
    if (!model.isAnomaly) return;
    const name = this.#names[actor];
    const [from, to] = [isoTime(fromMs), isoTime(toMs)];
    this.#tell?.({
      kind: 'anomaly',
      anomaly: model.name,
      actor: name,
      journey: `${name}-${this.#run}.${number}`,
      from,
      to,
    });
  }

  #tellDelivery(member: number, sequence: number, kind: number, timeMs: number, dueMs: number): void {
    const actor = this.#names[member];
    this.#tell?.({
      kind: kind === recordCode.late ? 'late' : 'duplicate',
      event_id: `${actor}-${this.#run}-${sequence}`,
      actor,
      delivered_at: isoTime(dueMs),
      behind_ms: dueMs - timeMs,
    });
  }
}

function fieldsOfStep(model: EventModel, journey: JourneyModel, step: StepModel, ctx: ValueContext): StepField[] {
  const fields: StepField[] = [];
  for (const [index, { name, value, steps }] of model.fields.entries()) {
    if (steps !== null && !steps.includes(step.name)) continue;
    const head = encoder.encode(`${fields.length === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    fields.push({
      index,
      head,
      value: valueFor(name, step.values.get(name) ?? journey.values.get(name) ?? value, ctx),
    });
  }
  return fields;
}

function longestEvent(fields: readonly StepField[] | null): number {
  return (fields ?? []).reduce((sum, { head, value }) => sum + head.length + value.maxBytes, 1);
}
