import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteQuota } from '../../src/mirror/byte-quota.ts';
import { type HeldBuffer, HeldBuffers } from '../../src/mirror/held-buffers.ts';
import { type OutgoingBatch, TargetPartition } from '../../src/mirror/target-partition.ts';

describe('a quota', () => {
  it('is paid after, and kept for a second at the most', () => {
    let now = 0;
    const quota = new ByteQuota(
      () => 1_000,
      () => now,
    );
    expect(quota.waitMs()).toBe(0);
    quota.take(3_000);
    expect(quota.waitMs()).toBe(2_000);
    now = 1_500;
    expect(quota.waitMs()).toBe(500);
    now = 60_000;
    expect(quota.waitMs()).toBe(0);
    quota.take(1_500);
    expect(quota.waitMs()).toBe(500);
  });

  it('of no bound never waits', () => {
    const quota = new ByteQuota(
      () => Infinity,
      () => 0,
    );
    quota.take(1e12);
    expect(quota.waitMs()).toBe(0);
  });

  it('follows its rate', () => {
    let [now, rate] = [0, 1_000];
    const quota = new ByteQuota(
      () => rate,
      () => now,
    );
    quota.take(2_000);
    rate = 100;
    expect(quota.waitMs()).toBe(10_000);
    now = 10_000;
    expect(quota.waitMs()).toBe(0);
  });
});

describe('held buffers', () => {
  it('say when there is room', () => {
    let rooms = 0;
    const buffers = new HeldBuffers(200_000, () => rooms++);
    const held = buffers.take(150_000);
    held.hold();
    expect([held.bytes.length, buffers.full, buffers.heldBytes]).toEqual([150_000, false, 150_000]);
    const other = buffers.take(100_000);
    expect(buffers.full).toBe(true);
    held.release();
    expect([buffers.full, rooms]).toEqual([true, 0]);
    held.release();
    expect([buffers.full, rooms]).toEqual([false, 1]);
    other.release();
    expect(buffers.heldBytes).toBe(0);
  });

  it('have their memory for themselves while they are held, in few large pieces', () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 1, max: 9_000_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(sizes, fc.nat(), fc.boolean()), { maxLength: 60 }), (steps) => {
        const buffers = new HeldBuffers(1, () => {});
        const held: HeldBuffer[] = [];
        const memories = new Set<ArrayBufferLike>();
        let most = 0;
        for (const [size, which, gives] of steps) {
          const taken = buffers.take(size);
          expect(taken.bytes).toHaveLength(size);
          for (const { bytes } of held) expect(overlap(bytes, taken.bytes)).toBe(false);
          held.push(taken);
          if (size >= 65_536) memories.add(taken.bytes.buffer);
          if (gives) held.splice(which % held.length, 1)[0]!.release();
          most = Math.max(most, buffers.heldBytes);
        }
        expect(buffers.heldBytes).toBe(held.reduce((sum, { bytes }) => sum + bytes.length, 0));
        expect(memories.size).toBeLessThanOrEqual(1 + most / 8_000_000); // half of each may be cut up
        const [first] = [...memories];
        for (const one of held) one.release();
        if (first !== undefined) expect(buffers.take(33_000_000).bytes.buffer).toBe(first); // all of it is free again
      }),
      { numRuns: 60 },
    );
  });

  function overlap(a: Buffer, b: Buffer): boolean {
    if (a.buffer !== b.buffer) return false;
    return a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length;
  }
});

describe('a partition of the target', () => {
  function partition() {
    const events: string[] = [];
    const target = new TargetPartition('t', 0, null, {
      written: (batch, offset) => events.push(`written ${batch.nextOffset} at ${offset}`),
      refused: (reason) => events.push(`refused ${reason}`),
      uncertain: (reason) => events.push(`uncertain ${reason}`),
      failed: () => events.push('failed'),
    });
    const push = (nextOffset: number): OutgoingBatch => {
      const release = (): number => events.push(`released ${nextOffset}`);
      const batch = {
        bytes: Buffer.alloc(10),
        count: 1,
        expectedOffset: nextOffset - 1,
        stretches: [],
        nextOffset,
        leaderEpoch: 0,
      };
      const outgoing = { ...batch, maxTimestamp: 0, release, attempted: false, writtenAt: null };
      target.push(outgoing);
      return outgoing;
    };
    const send = (): OutgoingBatch | undefined => {
      const batch = target.ready(5);
      if (batch !== undefined) target.sending();
      return batch;
    };
    target.leader = 1;
    return { target, events, push, send };
  }

  it('sends a first batch alone, then several, and hands them on in order', () => {
    const { target, events, push, send } = partition();
    const batches = [1, 2, 3].map(push);
    expect(send()).toBe(batches[0]);
    expect(send()).toBeUndefined();
    target.underWay--;
    target.wrote(batches[0]!, 0);
    expect([send(), send(), send()]).toEqual([batches[1], batches[2], undefined]);
    target.wrote(batches[2]!, 2);
    expect(target.settled).toBe(false);
    target.wrote(batches[1]!, 1);
    expect([target.settled, target.empty, target.pendingBytes]).toEqual([true, true, 0]);
    expect(events.filter((event) => event.startsWith('written'))).toEqual([
      'written 1 at 0',
      'written 2 at 1',
      'written 3 at 2',
    ]);
  });

  it('sends again what was not written, one alone at first', () => {
    const { target, push, send } = partition();
    const batches = [1, 2, 3].map(push);
    send();
    target.wrote(batches[0]!, 0);
    send();
    send();
    target.underWay = 0;
    target.fault = 'the leader has moved';
    expect(send()).toBeUndefined();
    target.rewind();
    expect([send(), send()]).toEqual([batches[1], undefined]);
  });

  it('sends nothing new while it is held, but what the broker may have', () => {
    const { target, push, send } = partition();
    const batches = [1, 2].map(push);
    target.held = true;
    expect(send()).toBeUndefined();
    target.held = false;
    expect(send()).toBe(batches[0]);
    target.held = true;
    target.underWay = 0;
    target.rewind();
    expect([send(), send()]).toEqual([batches[0], undefined]);
    expect(target.settled).toBe(false);
  });

  it('gives its bytes back when it is closed, once nothing is under way', () => {
    const { target, events, push, send } = partition();
    push(1);
    send();
    target.close();
    expect(events).toEqual([]);
    target.underWay--;
    target.drop();
    expect(events).toEqual(['released 1']);
  });
});
