import { describe, expect, it } from 'vitest';
import { ByteQuota } from '../../src/mirror/byte-quota.ts';
import { HeldBuffers } from '../../src/mirror/held-buffers.ts';
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
  it('are used again when nobody holds them, and say when there is room', () => {
    let rooms = 0;
    const buffers = new HeldBuffers(200_000, () => rooms++);
    const bytes = buffers.take(150_000);
    const held = buffers.hold(bytes);
    held.hold();
    expect([buffers.full, buffers.heldBytes]).toEqual([false, bytes.length]);
    const other = buffers.hold(buffers.take(100_000));
    expect(buffers.full).toBe(true);
    held.release();
    expect([buffers.full, rooms]).toEqual([true, 0]);
    held.release();
    expect([buffers.full, rooms]).toEqual([false, 1]);
    expect(buffers.take(120_000)).toBe(bytes);
    other.release();
    expect(buffers.heldBytes).toBe(0);
  });

  it('are all kept for the next, up to the bound', () => {
    const buffers = new HeldBuffers(1_000_000, () => {});
    const all = Array.from({ length: 9 }, () => buffers.take(100_000)); // somewhat larger each: there is room for 8
    for (const bytes of all) buffers.hold(bytes).release();
    const again = Array.from({ length: 9 }, () => buffers.take(90_000));
    expect(all.filter((bytes) => again.includes(bytes))).toHaveLength(8);
  });

  it('make way for a larger one', () => {
    const buffers = new HeldBuffers(1_000_000, () => {});
    const small = buffers.take(100_000);
    buffers.hold(small).release();
    expect(buffers.take(300_000)).not.toBe(small);
    expect(buffers.take(100_000)).not.toBe(small);
  });
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
