import { describe, expect, it } from 'vitest';
import { batchOf, type ColumnBatch } from '../../src/model/column.ts';
import type { CommitPlan, Committable, Committer, SinkWriter } from '../../src/model/sink.ts';

/**
 * The sink contract, for every sink: a small engine that writes batches, takes checkpoints and crashes between any two steps, and goes on
 * from the newest durable checkpoint, as the real one does. What the sink shows in the end has to be every row once (exactly-once), or
 * at least once.
 */
export type SinkUnderTest = Readonly<{
  guarantee: 'exactly-once' | 'at-least-once';
  writer(subtaskIndex: number, runId: string): SinkWriter;
  /** null: nothing has to be committed. */
  committer(): Committer | null;
  /** Rows of numbers, in the shape that the sink was made for. */
  batch(numbers: readonly number[]): ColumnBatch;
  /** The numbers of the rows that anyone can see, in any order. */
  visible(): Promise<number[]>;
}>;

const subtasks = 2;
const checkpoints = 3;
const batchesACheckpoint = 2;
const rowsABatch = 3;

/** A checkpoint as it is kept: how far the input was read, and what the sink wants to commit. */
type Durable = Readonly<{ id: number; position: number; plan: CommitPlan | null }>;

class Crash extends Error {}

/** Runs the steps of a job one by one; `crashAt` = n crashes before step n. */
class MiniEngine {
  readonly #sink: SinkUnderTest;
  #steps = 0;
  #crashAt = Number.POSITIVE_INFINITY;
  durable: Durable = { id: 0, position: 0, plan: null };

  constructor(sink: SinkUnderTest) {
    this.#sink = sink;
  }

  get steps(): number {
    return this.#steps;
  }

  /** An attempt. `false`: it crashed. */
  async run(crashAt: number, runId: string): Promise<boolean> {
    this.#steps = 0;
    this.#crashAt = crashAt;
    const committer = this.#sink.committer();
    const writers = Array.from({ length: subtasks }, (_, i) => this.#sink.writer(i, runId));
    try {
      await this.#recover(committer, runId);
      while (this.durable.id < checkpoints) await this.#checkpoint(writers, committer, runId);
      return true;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      return false;
    } finally {
      await Promise.all(writers.map((writer) => writer.close()));
      await committer?.close();
    }
  }

  async #step<T>(action: () => T | Promise<T>): Promise<T> {
    if (this.#steps++ === this.#crashAt) throw new Crash();
    return action();
  }

  async #recover(committer: Committer | null, runId: string): Promise<void> {
    if (committer === null) return;
    await this.#step(() => committer.open(runId));
    await this.#step(() => committer.recover(this.durable.plan, { force: false }));
  }

  async #checkpoint(writers: readonly SinkWriter[], committer: Committer | null, runId: string): Promise<void> {
    let { position } = this.durable;
    for (let i = 0; i < batchesACheckpoint; i++) {
      for (const writer of writers) {
        const numbers = Array.from({ length: rowsABatch }, () => position++);
        await this.#step(() => writer.write(this.#sink.batch(numbers)));
        await writer.ready();
      }
    }
    const id = this.durable.id + 1;
    const committables: Committable[] = [];
    for (const writer of writers) committables.push(...(await this.#step(() => writer.prepareCommit(id))));
    const info = { jobName: 'job', watermark: null, offsets: [] };
    const asData = JSON.parse(JSON.stringify(committables)) as Committable[];
    const plan = await this.#step(() => committer?.prepare({ runId, checkpointId: id }, asData, info) ?? null);
    await this.#step(() => {
      this.durable = { id, position, plan: JSON.parse(JSON.stringify(plan)) as CommitPlan | null };
    });
    if (committer !== null) await this.#step(() => committer.commit(this.durable.plan!));
  }
}

const rowCount = subtasks * checkpoints * batchesACheckpoint * rowsABatch;
const allRows = Array.from({ length: rowCount }, (_, i) => i);

function check(sink: SinkUnderTest, visible: readonly number[]): void {
  const sorted = visible.toSorted((a, b) => a - b);
  expect(sink.guarantee === 'exactly-once' ? sorted : [...new Set(sorted)]).toEqual(allRows);
}

/** `create` makes a sink over an empty target. */
export function describeSink(name: string, create: () => Promise<SinkUnderTest>): void {
  describe(`${name}, as a sink`, () => {
    it('shows every row once when nothing goes wrong', async () => {
      const sink = await create();
      expect(await new MiniEngine(sink).run(Number.POSITIVE_INFINITY, 'run-a')).toBe(true);
      expect((await sink.visible()).toSorted((a, b) => a - b)).toEqual(allRows);
    });

    it('keeps its guarantee when it crashes between any two steps', async () => {
      for (let crashAt = 0; ; crashAt++) {
        const sink = await create();
        const engine = new MiniEngine(sink);
        if (await engine.run(crashAt, 'run-a')) break;
        expect(await engine.run(Number.POSITIVE_INFINITY, 'run-a')).toBe(true);
        check(sink, await sink.visible());
      }
    });

    it('keeps it when the restart crashes as well', async () => {
      for (let crashAt = 4; crashAt < 24; crashAt += 7) {
        for (let again = 0; again < 10; again += 3) {
          const sink = await create();
          const engine = new MiniEngine(sink);
          await engine.run(crashAt, 'run-a');
          await engine.run(again, 'run-a');
          expect(await engine.run(Number.POSITIVE_INFINITY, 'run-a')).toBe(true);
          check(sink, await sink.visible());
        }
      }
    });

    it('shows nothing of a checkpoint before it is durable, if it can take rows back at all', async () => {
      const sink = await create();
      const committer = sink.committer();
      if (committer === null || sink.guarantee !== 'exactly-once') return;
      await committer.open('run-a');
      await committer.recover(null, { force: false });
      const writer = sink.writer(0, 'run-a');
      writer.write(sink.batch([0, 1]));
      const committables = await writer.prepareCommit(1);
      const epoch = { runId: 'run-a', checkpointId: 1 };
      const plan = await committer.prepare(epoch, committables, { jobName: 'job', watermark: null, offsets: [] });
      expect(await sink.visible()).toEqual([]);
      await committer.commit(plan);
      await committer.commit(plan);
      expect((await sink.visible()).toSorted()).toEqual([0, 1]);
      await writer.close();
      await committer.close();
    });

    it('commits checkpoints without rows', async () => {
      const sink = await create();
      const committer = sink.committer();
      const writer = sink.writer(0, 'run-a');
      writer.write(batchOf(0, sink.batch([0]).columns));
      await committer?.open('run-a');
      await committer?.recover(null, { force: false });
      const committables = await writer.prepareCommit(1);
      const info = { jobName: 'job', watermark: null, offsets: [] };
      const plan = await committer?.prepare({ runId: 'run-a', checkpointId: 1 }, committables, info);
      if (plan !== undefined) await committer?.commit(plan);
      expect(await sink.visible()).toEqual([]);
      await writer.close();
      await committer?.close();
    });
  });
}
