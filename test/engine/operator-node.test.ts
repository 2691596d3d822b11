import { describe, expect, it } from 'vitest';
import { FanOut } from '../../src/engine/fan-out.ts';
import { OperatorNode } from '../../src/engine/operator-node.ts';
import { batchOf } from '../../src/model/column.ts';
import type { Operator } from '../../src/model/operator.ts';

function nodeOf(pending: Promise<void>) {
  const events: string[] = [];
  const operator: Operator = { open: () => {}, processBatch: () => pending, processWatermark: () => {} };
  const host = { wake: () => void events.push('wake'), fail: (error: unknown) => void events.push(String(error)) };
  return { node: new OperatorNode('id', operator, new FanOut([]), 1, host), events };
}

describe('an operator that answers late', () => {
  it('blocks its node until it is done', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { node, events } = nodeOf(promise);
    node.batch(batchOf(1, []), 0, 0);
    expect(node.blocked).toBe(true);
    expect(() => node.batch(batchOf(1, []), 0, 0)).toThrow('works on another');
    resolve();
    await promise;
    expect(node.blocked).toBe(false);
    expect(events).toEqual(['wake']);
  });

  it('fails the task where it fails', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const { node, events } = nodeOf(promise);
    node.batch(batchOf(1, []), 0, 0);
    reject(new Error('away'));
    await promise.catch(() => {});
    expect(events).toEqual(['Error: away']);
  });
});

describe('an operator that goes by processing time', () => {
  it('is told it until its input has ended', () => {
    const seen: number[] = [];
    const operator: Operator = {
      open: () => {},
      processBatch: () => {},
      processWatermark: () => {},
      processTime: (nowMs) => void seen.push(nowMs),
    };
    const node = new OperatorNode('id', operator, new FanOut([]), 2, { wake: () => {}, fail: () => {} });
    node.processTime(1);
    node.end(0);
    node.processTime(2);
    expect(node.hasTimers).toBe(true);
    node.end(1);
    node.processTime(3);
    expect(node.hasTimers).toBe(false);
    expect(seen).toEqual([1, 2]);
  });
});
