import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MirrorPosition, positionRecords } from '../../src/mirror/mirror-state.ts';
import {
  chunksOf,
  noChunks,
  type PackedRun,
  runsPerChunk,
  type StoredChunks,
  unpack,
} from '../../src/mirror/run-chunks.ts';
import { RunLog } from '../../src/mirror/run-log.ts';
import { type OffsetRun, sourceOffset, targetOffset, withStretch } from '../../src/model/offset-runs.ts';

/** Stretches behind one another, with gaps on either side. */
const stretches = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 1 })), {
    maxLength: 400,
    size: 'max',
  })
  .map((list) => {
    let [source, target] = [0, 0];
    return list.map(([gap, count, shift]): OffsetRun => {
      const run = { sourceFrom: source + gap, sourceTo: source + gap + count, targetFrom: target + shift };
      [source, target] = [run.sourceTo, run.targetFrom + count];
      return run;
    });
  });

/** Each copied record by itself. */
function pairs(runs: readonly OffsetRun[]): [number, number][] {
  return runs.flatMap(({ sourceFrom, sourceTo, targetFrom }) =>
    Array.from({ length: sourceTo - sourceFrom }, (_, i): [number, number] => [sourceFrom + i, targetFrom + i]),
  );
}

describe('runs of offsets', () => {
  it('grow as by withStretch, and translate each offset exactly', () => {
    fc.assert(
      fc.property(stretches, (list) => {
        const log = new RunLog([]);
        for (const stretch of list) log.append(stretch);
        expect(log.runs).toEqual(list.reduce<readonly OffsetRun[]>(withStretch, []));
        for (const [source, target] of pairs(list)) {
          expect(targetOffset(log.runs, source)).toBe(target);
          expect(sourceOffset(log.runs, target)).toBe(source);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are cut exactly, on either side', () => {
    fc.assert(
      fc.property(stretches, fc.nat(800), (list, at) => {
        const [bySource, byTarget] = [new RunLog(list), new RunLog(list)];
        bySource.cutSource(at);
        byTarget.cutTarget(at);
        expect(pairs(bySource.runs)).toEqual(pairs(list).filter(([source]) => source < at));
        expect(pairs(byTarget.runs)).toEqual(pairs(list).filter(([, target]) => target < at));
      }),
    );
  });

  it('are stored in chunks that do not change, without what the source no longer has, and read back whole', () => {
    fc.assert(
      fc.property(stretches, fc.array(fc.nat(400), { maxLength: 4 }), fc.nat(1_200), (list, stores, begin) => {
        const log = new RunLog([]);
        const stored = new Map<string, unknown>();
        let chunks = noChunks;
        const store = (): void => {
          const { runs, droppedChunks } = log;
          const position = { topic: 't', partition: 0, runs, droppedChunks } as unknown as MirrorPosition;
          for (const { key, value } of positionRecords(position, chunks)) {
            if (value === null) stored.delete(JSON.stringify(key));
            else stored.set(JSON.stringify(key), JSON.parse(JSON.stringify(value)));
          }
          chunks = chunksOf(position);
        };
        for (const [i, stretch] of list.entries()) {
          log.append(stretch);
          if (stores.includes(i)) store();
          if (i === stores[0]) log.dropBefore(begin);
        }
        store();
        const last = stored.get('["position","t",0]') as { chunks: StoredChunks; runs: PackedRun[] };
        const numbers = Array.from({ length: last.chunks.to - last.chunks.from }, (_, i) => last.chunks.from + i);
        const packed = numbers.flatMap((n) => stored.get(`["runs","t",0,${n}]`) as PackedRun[]);
        expect(stored.size).toBe(1 + numbers.length);
        expect(unpack([...packed, ...last.runs])).toEqual(log.runs);
        const kept = new Set(log.runs.flatMap(({ sourceFrom }) => sourceFrom));
        const whole = list.reduce<readonly OffsetRun[]>(withStretch, []);
        const gone = whole.filter(({ sourceFrom }) => !kept.has(sourceFrom));
        expect(gone.every(({ sourceTo }) => sourceTo <= begin)).toBe(true);
        expect(gone.length).toBe(log.droppedChunks * runsPerChunk);
      }),
      { numRuns: 100 },
    );
  });
});
