/** (a) From record batches to the ranges of their records: CRC-32C, decompression, walk. */
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { readBatchHeader } from '../../src/kafka/record-batch.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { encodeBatches, type Fixture } from '../support/fixture.ts';
import { expectEqual, Replay, type Stage } from '../support/stage.ts';

export function decodeStages(fixture: Fixture): Stage[] {
  return (['none', 'lz4', 'zstd'] as const).map((compression) => {
    const batches = encodeBatches(fixture.events, compression);
    const reader = new BatchReader(true);
    const run = new RecordRun();
    const read = (bytes: Buffer): number => {
      const header = readBatchHeader(bytes, 0, bytes.length, 'bench')!;
      reader.read(bytes, header, run, 'bench');
      return run.count;
    };
    expectEqual(
      'decoded',
      batches.map(read).reduce((sum, count) => sum + count),
      fixture.events.length,
    );
    const replay = new Replay(batches.length);
    return {
      name: `wire decode, ${compression}`,
      unit: 'Kafka batch',
      bytesPerRecord: fixture.bytesPerRecord,
      run: () => read(batches[replay.next()]!),
    };
  });
}
