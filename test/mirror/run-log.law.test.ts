import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf, type MirrorPosition, positionRecords } from '../../src/mirror/mirror-state.ts';
import { RunLog } from '../../src/mirror/run-log.ts';
import { type OffsetRun, sourceOffset, targetOffset, withStretch } from '../../src/model/offset-runs.ts';

/** Stretches behind one another, with gaps on either side. */
const stretches = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 1 })), {
    maxLength: 400,
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

  it('are stored in chunks that do not change, and read back whole', () => {
    fc.assert(
      fc.property(stretches, fc.nat(400), (list, early) => {
        const log = new RunLog([]);
        const stored = new Map<string, unknown>();
        let chunks = 0;
        const store = (): void => {
          const position = { topic: 't', partition: 0, runs: [...log.runs] } as unknown as MirrorPosition;
          for (const { key, value } of positionRecords(position, chunks)) stored.set(JSON.stringify(key), value);
          chunks = chunksOf(position);
        };
        for (const [i, stretch] of list.entries()) {
          log.append(stretch);
          if (i === early) store();
        }
        store();
        const last = stored.get('["position","t",0]') as { chunks: number; runs: number[][] };
        const packed = Array.from(
          { length: last.chunks },
          (_, n) => stored.get(`["runs","t",0,${n}]`) as number[][],
        ).flat();
        const read = [...packed, ...last.runs].map(([sourceFrom, sourceTo, targetFrom]) => ({
          sourceFrom,
          sourceTo,
          targetFrom,
        }));
        expect(read).toEqual(log.runs);
      }),
      { numRuns: 50 },
    );
  });
});
