/** Actors on their journeys: which of them does its next step, and when. Where each is stands in typed arrays. */
import { sample } from './distribution.ts';
import type { EventModel, JourneyModel } from './event-model.ts';
import type { EventSettings } from './event-options.ts';
import { cumulated, placeOf } from './event-values.ts';
import { deviceRange } from './fleet-options.ts';
import { draw, gaussian, purpose, type StreamKey, streamKey, uniform } from './random.ts';
import type { Shard } from './record-stream.ts';
import { TimeHeap } from './time-heap.ts';

/** A journey that is over, or ends with the stream: which actor's, what it was. */
export type EndedJourney = Readonly<{
  actor: number;
  number: number;
  model: JourneyModel;
  fromMs: number;
  toMs: number;
}>;

export class Actors {
  /** Of index 0 here. */
  readonly from: number;
  readonly size: number;
  readonly keys: readonly StreamKey[];
  /** By actor: events sent, journeys begun before this one, steps done, when this journey began. */
  readonly sequence: Float64Array;
  readonly journey: Float64Array;
  readonly tick: Float64Array;
  readonly journeyMs: Float64Array;
  /** Indexes of journey and step in the model: what is due next. */
  readonly journeyIndex: Int32Array;
  readonly stepIndex: Int32Array;
  /** When the last step was. */
  readonly #stepMs: Float64Array;
  readonly #model: EventModel;
  readonly #limits: Float64Array;
  readonly #due = new TimeHeap<number>();
  readonly #endMs: number;
  readonly #onEnd: ((ended: EndedJourney) => void) | null;

  constructor(
    model: EventModel,
    settings: EventSettings,
    shard: Shard,
    startMs: number,
    onEnd: ((ended: EndedJourney) => void) | null,
  ) {
    const { from, to } = deviceRange(settings.actors, shard.index, shard.count);
    this.from = from;
    this.size = to - from;
    this.#model = model;
    this.#limits = cumulated(model.journeys.map(({ weight }) => weight));
    this.#onEnd = onEnd;
    this.#endMs = settings.durationMs === null ? Infinity : startMs + settings.durationMs;
    this.keys = Array.from({ length: this.size }, (_, i) => streamKey(settings.seed, from + i));
    const numbers = (): Float64Array => new Float64Array(this.size);
    [this.sequence, this.journey, this.tick] = [numbers(), numbers(), numbers()];
    [this.journeyMs, this.#stepMs] = [numbers(), numbers()];
    this.journeyIndex = new Int32Array(this.size);
    this.stepIndex = new Int32Array(this.size);
    for (let actor = 0; actor < this.size; actor++) this.#arrive(actor, startMs);
  }

  /** Infinity when all have ended. */
  get nextMs(): number {
    return this.#due.nextMs;
  }

  /** Whose step is due next. */
  get next(): number {
    return this.#due.first;
  }

  /** The step of `next` is done: finds out what it does afterwards, and when. */
  advance(): void {
    const actor = this.next;
    const nowMs = this.nextMs;
    const step = this.#journeyOf(actor).steps[this.stepIndex[actor]!]!;
    const { a, b } = this.keys[actor]!;
    const tick = this.tick[actor]!++;
    this.#stepMs[actor] = nowMs;
    const chance = uniform(draw(a, b, purpose.step, tick));
    const following = step.next.find(({ upTo }) => chance < upTo);
    const waitMs = sample(step.wait, draw(a, b, purpose.wait, tick));
    if (following === undefined) {
      this.#tellEnd(actor);
      this.journey[actor]!++;
      this.#putOff(actor, this.#begin(actor, nowMs + this.#pauseMs(actor)));
    } else {
      this.stepIndex[actor] = following.step;
      this.#putOff(actor, nowMs + waitMs);
    }
  }

  /** Tells of all journeys that are on their way. */
  close(): void {
    while (this.#due.size > 0) this.#leave();
  }

  #putOff(actor: number, ms: number): void {
    const dueMs = Math.max(Math.round(ms), this.#stepMs[actor]! + 1);
    if (dueMs < this.#endMs) this.#due.putOff(dueMs);
    else this.#leave();
  }

  #leave(): void {
    const actor = this.#due.pop();
    if (this.#stepMs[actor]! >= this.journeyMs[actor]!) this.#tellEnd(actor);
  }

  /** Somewhere within a pause and the first step: not all at once. */
  #arrive(actor: number, startMs: number): void {
    const { a, b } = this.keys[actor]!;
    this.#choose(actor);
    const { wait } = this.#journeyOf(actor).steps[0]!;
    const spanMs = this.#pauseMs(actor) + sample(wait, draw(a, b, purpose.wait, 0));
    const dueMs = this.#begin(actor, Math.round(startMs + uniform(draw(a, b, purpose.device, 0)) * spanMs));
    if (dueMs < this.#endMs) this.#due.push(actor, dueMs);
  }

  /** The next journey begins then. */
  #begin(actor: number, ms: number): number {
    this.#choose(actor);
    this.stepIndex[actor] = 0;
    this.journeyMs[actor] = Math.round(ms);
    return ms;
  }

  #choose(actor: number): void {
    const { a, b } = this.keys[actor]!;
    this.journeyIndex[actor] = placeOf(uniform(draw(a, b, purpose.journey, this.journey[actor]!)), this.#limits);
  }

  #pauseMs(actor: number): number {
    const { a, b } = this.keys[actor]!;
    const { pause, activity } = this.#model;
    const slowness = Math.exp(activity * gaussian(draw(a, b, purpose.activity, 0)));
    return Math.max(0, sample(pause, draw(a, b, purpose.pause, this.journey[actor]!))) * slowness;
  }

  #journeyOf(actor: number): JourneyModel {
    return this.#model.journeys[this.journeyIndex[actor]!]!;
  }

  #tellEnd(actor: number): void {
    this.#onEnd?.({
      actor,
      number: this.journey[actor]!,
      model: this.#journeyOf(actor),
      fromMs: this.journeyMs[actor]!,
      toMs: this.#stepMs[actor]!,
    });
  }
}
