import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint, CheckpointMetadata } from '../../src/engine/checkpoint-store.ts';
import { fitToCheckpoint, reportRestore } from '../../src/engine/restore-fit.ts';
import { losesState, type NodeFate } from '../../src/engine/restore-report.ts';
import { restoreLines } from '../../src/engine/restore-text.ts';
import type { JobGraph } from '../../src/model/job-graph.ts';
import { checkpointOf, graphOf } from '../support/changed-query.ts';

const nodesOf = ({ vertices }: JobGraph) => vertices.flatMap(({ nodes }) => nodes);

/** With other types in the state of its operators, as another version may have written it. */
function withTypes({ path, metadata }: Checkpoint, from: string, to: string): Checkpoint {
  const signatures = JSON.parse(JSON.stringify(metadata.signatures).replaceAll(from, to));
  return { path, metadata: { ...metadata, signatures } };
}

describe('state of another form', () => {
  const query = 'SELECT k, COUNT(*) FROM o GROUP BY k';

  it('is refused with the fields that it has and those that are expected, though the node is the same', async () => {
    const graph = await graphOf(query);
    const checkpoint = withTypes(await checkpointOf(graph), '"kind":"bigint"', '"kind":"int"');
    await expect(fitToCheckpoint(checkpoint, graph, false)).rejects.toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringMatching(
        /it holds state of another form than the job has now: GroupAggregate\[\d\]\n[\s\S]* {2}changed {2}GroupAggregate\[\d\], 100 bytes: table 'groups' has \(STRING; INT NOT NULL(, INT NOT NULL)*\), expected \(STRING; BIGINT NOT NULL(, BIGINT NOT NULL)*\)$/,
      ),
      hint: expect.stringContaining('--force'),
      details: {
        checkpoint: '/savepoint-1',
        nodes: expect.arrayContaining([expect.objectContaining({ fate: 'changed' })]),
      },
    });
  });

  it('is left out with force', async () => {
    const graph = await graphOf(query);
    const checkpoint = withTypes(await checkpointOf(graph), '"kind":"bigint"', '"kind":"int"');
    const fitted = await fitToCheckpoint(checkpoint, graph, true);
    expect(Object.keys(checkpoint.metadata.states)).toHaveLength(1);
    expect(fitted.checkpoint.metadata.states).toEqual({});
    expect(fitted.notice).toContain('changed  GroupAggregate');
  });
});

describe('a checkpoint of 0.1.0', () => {
  const read = (name: string): string => readFileSync(join(import.meta.dirname, 'checkpoint-0.1.0', name), 'utf8');
  const metadata = JSON.parse(read('metadata.json')) as CheckpointMetadata;
  const checkpoint: Checkpoint = { path: '/savepoint-1', metadata };

  it('finds every place, and the job goes on under its ids', async () => {
    const graph = await graphOf(read('job.sql'));
    const report = await reportRestore(checkpoint, graph);
    expect(report.nodes.map(({ fate, name }) => `${fate} ${name}`)).toEqual([
      'kept Source: readings[1]',
      'kept Sink: kept[8]',
      'kept GlobalWindowAggregate[4]',
      'kept Sink: sums[6]',
    ]);
    const fitted = await fitToCheckpoint(checkpoint, graph, false);
    const ids = nodesOf(fitted.graph).map(({ id }) => id);
    const held = [metadata.sources, metadata.states, metadata.sinks].flatMap((part) => Object.keys(part));
    expect(ids).toEqual(expect.arrayContaining(held));
    expect(fitted).toMatchObject({ notice: null, checkpoint: { metadata: { states: metadata.states } } });
  });

  it('says what it loses by name alone', async () => {
    const graph = await graphOf(read('job.sql').replace("'1' MINUTE", "'2' MINUTE"));
    const report = await reportRestore(checkpoint, graph);
    expect(losesState(report)).toBe(true);
    expect(restoreLines(report).slice(-2)).toEqual([
      '  dropped  GlobalWindowAggregate[4]: 952 bytes; nearest now: GlobalWindowAggregate[4]',
      '  dropped  Sink: sums[6]: rows that it may have yet to show',
    ]);
  });
});

describe('ids of a job that goes on', () => {
  it('are those of the checkpoint, and no two nodes have one', async () => {
    const counted = 'SELECT k, COUNT(*) FROM o WHERE v > 1 GROUP BY k';
    const [before, after] = [await graphOf(counted), await graphOf(`${counted.replace('> 1', '< 1')};\n${counted}`)];
    const fitted = await fitToCheckpoint(await checkpointOf(before), after, false);
    const aggregates = (graph: JobGraph) => nodesOf(graph).filter(({ spec }) => spec.kind === 'group_aggregate');
    expect(aggregates(fitted.graph)[1]!.id).toBe(aggregates(before)[0]!.id);
    const ids = nodesOf(fitted.graph).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    const again = await fitToCheckpoint(await checkpointOf(fitted.graph), after, false);
    expect(nodesOf(again.graph).map(({ id }) => id)).toEqual(ids);
  });
});

describe('the table of a report', () => {
  it('has so many lines, and what is lost among them', () => {
    const kept = Array.from(
      { length: 100 },
      (_, i): NodeFate => ({ fate: 'kept', id: `${i}`, name: `Rank[${i}]`, bytes: 1, was: { id: `${i}`, name: '' } }),
    );
    const gone = { id: 'x', name: 'Over[1]', parts: null, holds: 'state', bytes: 7 } as const;
    const dropped: NodeFate = { ...gone, fate: 'dropped', nearest: null };
    const lines = restoreLines({ checkpoint: '', nodes: [dropped, ...kept] });
    expect(lines).toHaveLength(24);
    expect([lines[0], lines.at(-1)]).toEqual(['  … 78 more', '  dropped  Over[1]: 7 bytes']);
  });
});
