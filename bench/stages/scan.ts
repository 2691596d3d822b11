/** (b) JSON to columns: the three that the job reads, and all. */
import { batchOf } from '../../src/model/column.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { batchRows, decodeEvents, type Fixture, jsonDecoder } from '../support/fixture.ts';
import { Replay, type Stage } from '../support/stage.ts';
import { planAllColumns } from '../support/temperature-job.ts';

export async function scanStages(fixture: Fixture): Promise<Stage[]> {
  const { shape, job } = fixture;
  const all = await planAllColumns(shape);
  return [
    scanStage(fixture, `scan, ${job.source.columns.length} columns`, job.source.columns),
    scanStage(fixture, `scan, all ${all.length} columns`, all),
  ];
}

function scanStage({ events, bytesPerRecord }: Fixture, name: string, columns: readonly ScanColumn[]): Stage {
  const pool = new StringPool();
  const decoder = jsonDecoder(columns, pool);
  const replay = new Replay(Math.ceil(events.length / batchRows));
  return {
    name,
    unit: 'column batch',
    bytesPerRecord,
    run: () => {
      const from = replay.next() * batchRows;
      decodeEvents(decoder, events, from, Math.min(events.length, from + batchRows));
      const { rows } = decoder;
      return batchOf(rows, decoder.take()).length;
    },
  };
}
