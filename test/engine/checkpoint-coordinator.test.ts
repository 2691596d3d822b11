import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CheckpointCoordinator } from '../../src/engine/checkpoint-coordinator.ts';
import { JobAuditor } from '../../src/engine/job-auditor.ts';
import type { PendingCheckpoint } from '../../src/engine/pending-checkpoint.ts';
import { EngineError, toErrorData } from '../../src/model/errors.ts';
import type { Committable } from '../../src/model/sink.ts';

const checkpoint = { savepoint: false, stop: false, final: false };
const diskFull = toErrorData(new EngineError('CHECKPOINT', 'the disk is full', { retryable: true }));

/** A coordinator of two subtasks with one sink, whose store lets the test in while it throws a failed checkpoint away. */
function coordinatorOf(onDiscard: (coordinator: CheckpointCoordinator, id: number) => void) {
  const committed: Committable[][] = [];
  const deadline = Promise.withResolvers<void>();
  const triggered: PendingCheckpoint[] = [];
  const graph = { name: 'job', vertices: [{ parallelism: 2, nodes: [] }] };
  const coordinator: CheckpointCoordinator = new CheckpointCoordinator({
    graph,
    settings: { checkpointTimeoutMs: 10_000, tolerableFailedCheckpoints: 5 },
    runId: 'run',
    firstId: 1,
    store: {
      create: async (id: number) => `/chk-${id}`,
      discard: async (path: string) => {
        onDiscard(coordinator, Number(path.slice('/chk-'.length)));
        await nextTurn();
      },
      complete: async () => {},
      expire: async () => {},
    },
    auditor: new JobAuditor({ vertices: [], edges: [] } as never, null, true),
    commits: {
      rowsIn: () => ({}),
      prepare: async (_: unknown, committables: ReadonlyMap<string, Committable[]>) => ({
        sink: committables.get('sink') ?? [],
      }),
      commit: async ({ sink }: { sink: Committable[] }) => void committed.push(sink),
    },
    assigner: { checkpointComplete: async () => {} },
    clock: { now: () => 0, monotonic: () => 0, random: () => 0, sleep: () => deadline.promise },
    board: new Proxy({}, { get: () => () => {} }),
    warn: () => {},
    trigger: (pending: PendingCheckpoint) => void triggered.push(pending),
  } as never);
  const acknowledge = (checkpointId: number, subtask: number, rows: string): void =>
    coordinator.acknowledge({
      checkpointId,
      vertex: 0,
      subtask,
      splits: {},
      committables: { sink: [{ rows }] },
      stateFiles: {},
      watermark: null,
      account: { nodes: {}, edges: {} },
    });
  const decline = (checkpointId: number, rows: string): void =>
    coordinator.decline(checkpointId, diskFull, { sink: [{ rows }] });
  const isTriggered = async (id: number): Promise<void> => {
    while (!triggered.some((pending) => pending.id === id)) await nextTurn();
  };
  return { coordinator, committed, acknowledge, decline, isTriggered, timeOut: deadline.resolve };
}

describe('what the writers handed over at a checkpoint that fails', () => {
  it.each<[string, 'acknowledges' | 'declines', 'before' | 'during' | 'after']>([
    ['acknowledged before it failed', 'acknowledges', 'before'],
    ['acknowledged while it was thrown away', 'acknowledges', 'during'],
    ['acknowledged after', 'acknowledges', 'after'],
    ['declined while it was thrown away', 'declines', 'during'],
    ['declined after', 'declines', 'after'],
  ])('and %s is committed with the next one', async (_name, how, when) => {
    const say = (id: number): void => {
      if (how === 'acknowledges') test.acknowledge(id, 1, 'late');
      else test.decline(id, 'late');
    };
    const test = coordinatorOf((_coordinator, id) => {
      if (when === 'during') say(id);
    });
    const first = test.coordinator.take(checkpoint);
    await test.isTriggered(1);
    if (when === 'before') say(1);
    test.decline(1, 'early');
    expect(await first).toBeNull();
    if (when === 'after') say(1);
    const second = test.coordinator.take(checkpoint);
    await test.isTriggered(2);
    test.acknowledge(2, 0, 'next');
    test.acknowledge(2, 1, 'next');
    expect(await second).toBe('/chk-2');
    expect(test.committed.flat().map(({ rows }) => rows)).toEqual(
      expect.toSatisfy((rows: string[]) => [...rows].sort().join() === 'early,late,next,next'),
    );
  });
});

describe('a checkpoint that is taken', () => {
  it('says how many answered in time', async () => {
    const { coordinator, acknowledge, isTriggered, timeOut } = coordinatorOf(() => {});
    const savepoint = coordinator.take({ savepoint: true, stop: true, final: false });
    await isTriggered(1);
    acknowledge(1, 0, 'early');
    timeOut();
    await expect(savepoint).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'checkpoint 1: expected 2 subtasks within 10000 ms, 1 answered',
    });
  });

  it('may time out while it is thrown away', async () => {
    const test = coordinatorOf(() => test.timeOut());
    const taken = test.coordinator.take(checkpoint);
    await test.isTriggered(1);
    test.decline(1, 'early');
    expect(await taken).toBeNull();
  });

  it.each(['as', 'after'])('%s its job ends waits for nobody', async (when) => {
    const { coordinator, isTriggered } = coordinatorOf(() => {});
    const savepoint = { savepoint: true, stop: true, final: false };
    if (when === 'after') await coordinator.abort();
    const taken = coordinator.take(savepoint);
    if (when === 'as') void coordinator.abort(); // its directory is being made
    await expect(taken).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(Promise.race([isTriggered(1), nextTurn('never')])).resolves.toBe('never');
  });
});
