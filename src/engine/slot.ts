/**
 * A slot: the long-running task of one worker thread. It runs subtask i of every vertex in turn, the last of the stream first, so that
 * room is made before more comes in, and sleeps when none of them has anything to do.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DeadLetters } from '../model/dead-letter.ts';
import { EngineError, toErrorData } from '../model/errors.ts';
import type { SessionContext } from '../model/function.ts';
import { StringPool } from '../model/string-pool.ts';
import { NamedCounters } from './named-counters.ts';
import { OperatorNode } from './operator-node.ts';
import type { MainToSlot, PeerMessage, SlotPayload, SlotToMain } from './protocol.ts';
import { restoreOperator } from './restore.ts';
import { SlotBuilder, type SlotChannels } from './slot-builder.ts';
import type { SlotEnvironment } from './slot-environment.ts';
import { SlotHost } from './slot-host.ts';
import type { Subtask } from './subtask.ts';
import { loadUserFunctions } from './user-module.ts';
import { Wakeup } from './wakeup.ts';

/** ms between two reports of figures to the main thread. */
const statusIntervalMs = 250;
/** ms between two looks at the clock for operators that go by processing time. */
const timerIntervalMs = 100;

export class Slot {
  readonly #payload: SlotPayload;
  readonly #environment: SlotEnvironment;
  readonly #pool = new StringPool();
  readonly #wakeup = new Wakeup();
  readonly #host: SlotHost;
  /** Of the session: what rows are told the time is and what timers are must not differ. */
  readonly #now: () => number;
  readonly #deadLetters: DeadLetters;
  readonly #deadLetterCounters = new NamedCounters();
  readonly #builder: SlotBuilder;
  #subtasks: readonly Subtask[] = [];
  #channels: SlotChannels = { inputs: new Map(), outputs: new Map() };
  #running = true;
  #started = false;
  #failure: EngineError | null = null;
  #lastStatus = 0;
  #lastTimers = 0;

  constructor(payload: SlotPayload, environment: SlotEnvironment) {
    this.#payload = payload;
    this.#environment = environment;
    const { clock } = environment;
    const { timeZone, nowMs } = payload.graph;
    this.#now = nowMs === undefined ? clock.now : () => nowMs;
    const session: SessionContext = { timeZone, now: this.#now, random: clock.random };
    this.#host = new SlotHost((message, transfer) => this.#post(message, transfer));
    this.#deadLetters = environment.createDeadLetters(payload.deadLetter, {
      jobName: payload.jobName,
      subtaskIndex: payload.slot,
      counters: this.#deadLetterCounters,
      now: clock.now,
    });
    this.#builder = new SlotBuilder({
      payload,
      environment,
      pool: this.#pool,
      session,
      workerHost: this.#host,
      deadLetters: this.#deadLetters,
      wake: () => this.#wakeup.signal(),
      warn: (message) => this.#post({ kind: 'warning', message }),
      subtaskHost: {
        post: (message) => {
          if (message.kind === 'ack') this.#report(); // the figures of a bounded job are whole at its last checkpoint
          this.#post(message);
        },
        flushDeadLetters: () => this.#deadLetters.flush(),
        monotonic: clock.monotonic,
        now: clock.now,
        fail: (error, task) => this.#fail(error, task),
      },
    });
    this.#listen();
  }

  /**
   * No peer sends before every slot is ready. What fails here, such as a constant that cannot be computed or a user function that can't be
   * loaded, is a failure of the job like any other.
   */
  async #build(): Promise<void> {
    await loadUserFunctions(this.#payload.graph.functions);
    const { subtasks, channels } = this.#builder.build();
    this.#subtasks = subtasks;
    this.#channels = channels;
  }

  /** Resolves when the slot was cancelled; failures were reported before. */
  async run(): Promise<void> {
    try {
      await this.#build();
      await this.#restore();
      this.#post({ kind: 'ready' });
      await this.#loop();
    } catch (error) {
      this.#fail(error, `slot ${this.#payload.slot + 1}`);
    }
    while (this.#running) await this.#wakeup.wait(); // after a failure: the main thread cancels every slot
    await Promise.all(this.#subtasks.map((subtask) => subtask.close()));
    await this.#deadLetters.close().catch(() => {});
    for (const port of this.#payload.peers) port?.close();
    this.#payload.control.close();
  }

  async #loop(): Promise<void> {
    const beatMs = this.#subtasks.some(({ hasTimers }) => hasTimers) ? timerIntervalMs : statusIntervalMs;
    const beat = setInterval(() => this.#wakeup.signal(), beatMs);
    try {
      await this.#turns();
    } finally {
      clearInterval(beat);
    }
  }

  async #turns(): Promise<void> {
    const inTurn = [...this.#subtasks].reverse();
    const { clock } = this.#environment;
    while (this.#running && this.#failure === null) {
      if (!this.#started) {
        await this.#wakeup.wait();
        continue;
      }
      this.#passTime();
      const full = this.#pool.isFull();
      if (full) this.#releaseCodes();
      let worked = false;
      for (const subtask of inTurn) worked = this.#turn(subtask, !full) || worked;
      if (clock.monotonic() - this.#lastStatus >= statusIntervalMs) this.#report();
      if (worked || full) await nextTurn();
      else await this.#wakeup.wait();
    }
  }

  #passTime(): void {
    const { clock } = this.#environment;
    if (clock.monotonic() - this.#lastTimers < timerIntervalMs) return;
    this.#lastTimers = clock.monotonic();
    for (const subtask of this.#subtasks) {
      try {
        if (subtask.hasTimers) subtask.processTime(this.#now());
      } catch (error) {
        this.#fail(error, subtask.parts.name);
      }
    }
  }

  #turn(subtask: Subtask, mayPoll: boolean): boolean {
    try {
      return subtask.runOnce(mayPoll);
    } catch (error) {
      this.#fail(error, subtask.parts.name);
      return false;
    }
  }

  /** Empties the string pool once no reader is on its way with codes of it. Until then no source asks for more. */
  #releaseCodes(): void {
    const drivers = this.#subtasks.flatMap(({ parts }) => (parts.source === null ? [] : [parts.source.driver]));
    if (drivers.filter((driver) => !driver.atRest).length > 0) return;
    for (const { parts } of this.#subtasks) {
      for (const node of parts.nodes) if (node instanceof OperatorNode) node.operator.releaseCodes?.();
    }
    this.#pool.clear();
  }

  async #restore(): Promise<void> {
    const { restore, graph } = this.#payload;
    if (restore === null) return;
    for (const { parts } of this.#subtasks) {
      const { parallelism } = graph.vertices[parts.id.vertex]!;
      const placement = { subtaskIndex: parts.id.subtask, parallelism, maxParallelism: graph.maxParallelism };
      for (const node of parts.nodes) {
        if (node instanceof OperatorNode) await restoreOperator(node.operator, restore[node.id] ?? [], placement);
      }
    }
  }

  #listen(): void {
    this.#payload.control.on('message', (message: MainToSlot) => {
      this.#control(message);
      this.#wakeup.signal();
    });
    for (const [slot, port] of this.#payload.peers.entries()) {
      port?.on('message', (message: PeerMessage) => {
        if (message.kind === 'credit') this.#channels.outputs.get(message.edge)![slot]!.credit(message.slab);
        else this.#channels.inputs.get(message.edge)![slot]!.push(message);
        this.#wakeup.signal();
      });
    }
  }

  #control(message: MainToSlot): void {
    switch (message.kind) {
      case 'start':
        this.#started = true;
        return;
      case 'cancel':
        this.#running = false;
        return;
      case 'reply':
        this.#host.reply(message);
        return;
      case 'trigger':
        for (const subtask of this.#subtasks) subtask.trigger(message.checkpointId, message.directory, message.pause);
        return;
      case 'add_splits':
        this.#driverOf(message.vertex)?.addSplits(message.splits);
        return;
      case 'no_more_splits':
        this.#driverOf(message.vertex)?.noMoreSplits();
        return;
      case 'align':
        this.#driverOf(message.vertex)?.align(message.limitMs);
        return;
    }
  }

  #driverOf(vertex: number) {
    return this.#subtasks.find(({ parts }) => parts.id.vertex === vertex)?.parts.source?.driver;
  }

  #report(): void {
    this.#lastStatus = this.#environment.clock.monotonic();
    const dead = this.#deadLetterCounters.toObject();
    let first = true;
    const subtasks = this.#subtasks.map((subtask) => {
      const status = subtask.status();
      const own = first && subtask.parts.source !== null;
      if (own) first = false;
      return { ...subtask.parts.id, status: own ? { ...status, counters: { ...status.counters, ...dead } } : status };
    });
    this.#post({ kind: 'status', subtasks });
  }

  /** The first failure counts: what follows it is its consequence. */
  #fail(error: unknown, task: string): void {
    if (this.#failure !== null || !this.#running) return;
    const data = toErrorData(error);
    this.#failure = new EngineError(data.code, data.message);
    this.#post({ kind: 'failed', error: data, task });
    this.#wakeup.signal();
  }

  #post(message: SlotToMain, transfer: readonly ArrayBuffer[] = []): void {
    this.#payload.control.postMessage(message, [...transfer]);
  }
}
