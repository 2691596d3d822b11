import { describe, expect, it } from 'vitest';
import { WatermarkAlignment } from '../../src/engine/watermark-alignment.ts';
import type { JobGraph } from '../../src/model/job-graph.ts';
import type { SplitTime } from '../../src/model/job-status.ts';
import { subtask } from '../server/job-status-fixture.ts';

/** Vertices that are sources: their group and drift, or null. */
function graphOf(groups: readonly ({ group: string; maxDriftMs: number } | null)[]): JobGraph {
  const vertices = groups.map((alignment) => ({
    parallelism: 1,
    nodes: [{ spec: { kind: 'source', watermark: { alignment } } }],
  }));
  return { vertices } as unknown as JobGraph;
}

const time = (more: Partial<SplitTime> = {}): SplitTime => ({
  splitId: 's',
  watermark: 0,
  idle: false,
  ended: false,
  quietMs: 0,
  ...more,
});
const says = (vertex: number, watermark: number | null, times: readonly SplitTime[] = [time()]) => ({
  vertex,
  subtask: 0,
  status: subtask(0, { watermark, splitTimes: times }),
});

describe('watermark alignment', () => {
  it('holds a group within the drift of its slowest', () => {
    const alignment = new WatermarkAlignment(
      graphOf([{ group: 'g', maxDriftMs: 100 }, { group: 'g', maxDriftMs: 50 }, null]),
    );
    expect(alignment.update([says(0, 1_000)])).toEqual(
      new Map([
        [0, -Infinity],
        [1, -Infinity],
      ]),
    );
    expect(alignment.update([says(1, 400)])).toEqual(
      new Map([
        [0, 500],
        [1, 450],
      ]),
    );
    expect(alignment.update([says(1, 400)])).toBeNull();
    expect(alignment.update([says(1, 2_000), says(0, 1_000)])).toEqual(
      new Map([
        [0, 1_100],
        [1, 1_050],
      ]),
    );
  });

  it.each([
    ['idle', { idle: true }],
    ['ended', { ended: true }],
  ] as const)('does not wait for a source that is %s', (_, state) => {
    const alignment = new WatermarkAlignment(
      graphOf([
        { group: 'g', maxDriftMs: 100 },
        { group: 'g', maxDriftMs: 100 },
      ]),
    );
    alignment.update([says(0, 1_000)]);
    expect(alignment.update([says(1, null, [time(state)])])).toEqual(
      new Map([
        [0, 1_100],
        [1, 1_100],
      ]),
    );
  });

  it('keeps groups apart, and says nothing where there is none', () => {
    const alignment = new WatermarkAlignment(
      graphOf([
        { group: 'a', maxDriftMs: 1 },
        { group: 'b', maxDriftMs: 1 },
      ]),
    );
    expect(alignment.update([says(0, 10), says(1, 1_000)])).toEqual(
      new Map([
        [0, 11],
        [1, 1_001],
      ]),
    );
    expect(new WatermarkAlignment(graphOf([null])).update([says(0, 10)])).toBeNull();
  });
});
