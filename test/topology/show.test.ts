import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LiveCluster } from '../../src/topology/live-cluster.ts';
import { topologySvg } from '../../src/topology/show-svg.ts';
import { topologyText } from '../../src/topology/show-text.ts';
import { expectGolden } from '../support/golden.ts';
import { appliedClusters, exampleTopology, goldenFolder, smallTopology } from './example.ts';

/** As after an apply, but one is out of reach, one has lost a topic, one has partitions without a leader. */
function someLive(): LiveCluster[] {
  const live = appliedClusters(exampleTopology()).map((each): LiveCluster => each);
  live[1] = { state: 'unreachable', id: live[1]!.id, reason: 'no connection' };
  const [first] = live;
  if (first?.state === 'up') {
    const topics = new Map(first.topics);
    const [name, topic] = [...topics][0]!;
    topics.set(name, { ...topic, offline: 2, lagging: 1 });
    topics.delete([...topics.keys()][1]!);
    live[0] = { ...first, topics };
  }
  return live;
}

describe('a drawing', () => {
  it.each([
    ['show.txt', (): string => topologyText(exampleTopology(), [])],
    ['show-live.txt', (): string => topologyText(exampleTopology(), someLive())],
    ['show.svg', (): string => topologySvg(exampleTopology(), [])],
    ['show-live.svg', (): string => topologySvg(exampleTopology(), someLive())],
    [
      'show-small.txt',
      (): string =>
        topologyText(
          smallTopology({
            mirrors: 'east: { from: dc1/tracking, to: dc2/tracking }, third: { from: dc2/tracking, to: dc1/tracking }',
          }),
          [],
        ),
    ],
  ])('%s', (name, draw) => expectGolden(join(goldenFolder, name), draw()));

  it('keeps markup in names apart from its own', () => {
    const topology = { ...smallTopology(), name: '<a & "b">' };
    const svg = topologySvg(topology, []);
    expect(svg).toContain('>&lt;a &amp; &quot;b&quot;&gt;<');
    expect(svg).not.toContain('<a &');
  });

  it('has a box for each cluster, each within its data centre, and an arrow for each mirror', () => {
    const svg = topologySvg(exampleTopology(), []);
    const boxes = [...svg.matchAll(/class="cluster \w+" x="(\d+)" y="(\d+)" width="(\d+)"/g)].map((m) =>
      m.slice(1).map(Number),
    );
    const centres = [...svg.matchAll(/class="centre" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)].map((m) =>
      m.slice(1).map(Number),
    );
    expect([boxes.length, centres.length]).toEqual([12, 2]);
    expect([...svg.matchAll(/marker-end/g)]).toHaveLength(8);
    for (const [x, , width] of boxes) {
      expect(centres.some(([left, , across]) => x! >= left! && x! + width! <= left! + across!)).toBe(true);
    }
    expect(new Set(boxes.map(([x, y]) => `${x} ${y}`)).size).toBe(12);
  });
});
