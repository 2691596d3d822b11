import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BarrierAligner } from '../../src/engine/barrier-aligner.ts';
import { FanOut } from '../../src/engine/fan-out.ts';
import { OperatorNode } from '../../src/engine/operator-node.ts';
import { SplitWatermarks } from '../../src/engine/split-watermarks.ts';
import { WatermarkMerger } from '../../src/engine/watermark-merger.ts';
import type { Operator } from '../../src/model/operator.ts';

describe('merged watermarks', () => {
  it('are the least of the active channels and never fall', () => {
    const event = fc.record({
      channel: fc.nat(2),
      what: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom<'idle' | 'active'>('idle', 'active')),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const merger = new WatermarkMerger(3);
        const state = [0, 1, 2].map(() => ({ watermark: -Infinity, idle: false }));
        let last = -Infinity;
        for (const { channel, what } of events) {
          const entry = state[channel]!;
          if (typeof what === 'number') entry.watermark = Math.max(entry.watermark, what);
          else entry.idle = what === 'idle';
          const rose =
            typeof what === 'number' ? merger.advance(channel, what) : merger.setIdle(channel, what === 'idle');
          const active = state.filter(({ idle }) => !idle).map(({ watermark }) => watermark);
          const all = state.map(({ watermark }) => watermark);
          const now = Math.max(last, active.length === 0 ? Math.max(...all) : Math.min(...active));
          expect(merger.current).toBe(now);
          expect(rose).toBe(now > last);
          last = now;
        }
      }),
    );
  });
});

describe('an operator whose inputs fall silent', () => {
  it('lets go of what it only buffers before the others are told', () => {
    const said: string[] = [];
    const operator = {
      open: () => {},
      processBatch: () => {},
      processWatermark: () => {},
      prepareBarrier: () => said.push('flushed'),
    } as unknown as Operator;
    const target = {
      batch: () => {},
      watermark: () => {},
      idle: (idle: boolean) => said.push(idle ? 'idle' : 'active'),
      end: () => {},
    };
    const node = new OperatorNode('id', operator, new FanOut([target]), 2, { wake: () => {}, fail: () => {} });
    node.idle(0, true);
    expect(said).toEqual([]);
    node.idle(1, true);
    node.idle(1, false);
    expect(said).toEqual(['flushed', 'idle', 'active']);
  });
});

describe('the watermark column of one channel', () => {
  it('goes no further than the other active channels, and never back', () => {
    const merger = new WatermarkMerger(3);
    const column = Float64Array.of(1, 5, 9);
    expect([...merger.limit(0, new Float64Array(2).fill(-Infinity), 2)]).toEqual([-Infinity, -Infinity]);
    merger.advance(1, 6);
    merger.setIdle(2, true);
    expect([...merger.limit(0, column, 3)]).toEqual([1, 5, 6]);
    merger.advance(1, 10);
    expect([...merger.limit(0, Float64Array.of(9, 9, 12), 3)]).toEqual([9, 9, 10]);
  });

  it('counts what the rows of the others have shown, before it is said', () => {
    const merger = new WatermarkMerger(2);
    merger.advance(1, 8);
    expect([...merger.limit(0, Float64Array.of(-Infinity, 5), 2)]).toEqual([-Infinity, 5]);
    expect([...merger.limit(1, Float64Array.of(8, 9), 2)]).toEqual([5, 5]);
    expect(merger.current).toBe(-Infinity);
    expect(merger.advance(0, 7)).toBe(true);
    expect([...merger.limit(1, Float64Array.of(9), 1)]).toEqual([7]);
  });
});

describe('barriers', () => {
  it('hold the channels that are ahead until the last one has come', () => {
    const aligner = new BarrierAligner(3);
    expect([aligner.barrier(1, 7), aligner.isHeld(1), aligner.isHeld(0)]).toEqual([false, true, false]);
    expect([aligner.barrier(0, 7), aligner.barrier(2, 7), aligner.isHeld(1)]).toEqual([false, true, false]);
    expect(aligner.barrier(1, 8)).toBe(false);
    expect(() => aligner.barrier(0, 9)).toThrow(/while aligning 8/);
  });
});

describe('split watermarks', () => {
  it('follow the slowest split until it is idle or at its end', () => {
    const splits = new SplitWatermarks(100);
    expect(splits.combined).toBe(-Infinity);
    splits.add('a');
    splits.add('b');
    splits.advance('a', 50);
    expect(splits.combined).toBe(-Infinity);
    splits.advance('b', 20);
    expect(splits.combined).toBe(20);
    splits.elapse(60);
    splits.touch('a');
    splits.elapse(60);
    expect([splits.combined, splits.allIdle]).toEqual([50, false]);
    splits.elapse(60);
    expect([splits.combined, splits.allIdle]).toEqual([50, true]);
    splits.touch('b');
    expect([splits.combined, splits.allIdle]).toEqual([20, false]);
    splits.end('b');
    expect(splits.combined).toBe(50);
  });

  it('that have all ended are not idle: the end follows', () => {
    const splits = new SplitWatermarks(100);
    for (const [id, watermark] of [
      ['a', 50],
      ['b', 20],
    ] as const) {
      splits.add(id);
      splits.advance(id, watermark);
      splits.end(id);
    }
    expect([splits.combined, splits.allIdle]).toEqual([50, false]);
    splits.add('c');
    splits.elapse(100);
    expect(splits.allIdle).toBe(true);
  });

  it('hold back for ever without a timeout', () => {
    const splits = new SplitWatermarks(null);
    splits.add('a');
    splits.elapse(1e12);
    expect(splits.allIdle).toBe(false);
  });
});
