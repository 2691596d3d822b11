import { BatchBuilder, type RecordHeaders } from './batch-builder.ts';
import type { AddonMessage } from './librdkafka-addon.ts';
import type { PackedRecords } from './librdkafka-protocol.ts';
import { partitionId, type TopicPartition } from './offsets.ts';
import { batchLayout } from './record-batch.ts';

const maxOffsetDelta = 0x7fff_ffff; // a batch counts its offsets in 32 bits; compaction may leave wider gaps

/** Turns librdkafka's objects back into record batches, partition by partition, so that readers know one form only. */
export class LibrdkafkaPacker {
  readonly #partitions = new Map<string, PartitionPacker>();

  get empty(): boolean {
    return this.#partitions.size === 0;
  }

  append(message: AddonMessage): void {
    this.#of(message).append(message);
  }

  /** The partition was read to its end: `offset` is the next one. */
  end(partition: TopicPartition, offset: number): void {
    this.#of(partition).end(offset);
  }

  /** What was gathered since the last call. `highWatermark` tells that of a partition. */
  take(highWatermark: (partition: TopicPartition) => number): PackedRecords[] {
    const packed = [...this.#partitions.values()].map((each) => each.take(highWatermark(each.partition)));
    this.#partitions.clear();
    return packed;
  }

  #of({ topic, partition }: TopicPartition): PartitionPacker {
    const id = partitionId({ topic, partition });
    const present = this.#partitions.get(id);
    if (present !== undefined) return present;
    const added = new PartitionPacker({ topic, partition });
    this.#partitions.set(id, added);
    return added;
  }
}

class PartitionPacker {
  readonly partition: TopicPartition;
  readonly #sealed: Buffer[] = [];
  #builder = new BatchBuilder();
  #firstOffset = -1;
  #baseOffset = -1;
  #leaderEpoch = -1;
  #nextOffset = -1;
  #atEnd = false;

  constructor(partition: TopicPartition) {
    this.partition = partition;
  }

  append({ offset, key, value, timestamp, headers, leaderEpoch = -1 }: AddonMessage): void {
    const goesOn = offset > this.#baseOffset && offset - this.#baseOffset <= maxOffsetDelta;
    if (this.#builder.count > 0 && (!goesOn || leaderEpoch !== this.#leaderEpoch)) this.#seal();
    if (this.#builder.count === 0) {
      this.#baseOffset = offset;
      this.#leaderEpoch = leaderEpoch;
    }
    if (this.#firstOffset < 0) this.#firstOffset = offset;
    this.#builder.append(key, value, timestamp, headersOf(headers), offset - this.#baseOffset);
    this.#nextOffset = offset + 1;
    this.#atEnd = false;
  }

  end(offset: number): void {
    this.#nextOffset = offset;
    this.#atEnd = true;
  }

  take(highWatermark: number): PackedRecords {
    if (this.#builder.count > 0) this.#seal();
    const bytes = this.#sealed.length === 1 ? this.#sealed[0]! : Buffer.concat(this.#sealed);
    const endOffset = this.#atEnd ? this.#nextOffset : highWatermark;
    return { ...this.partition, bytes, firstOffset: this.#firstOffset, nextOffset: this.#nextOffset, endOffset };
  }

  #seal(): void {
    const { bytes } = this.#builder.seal('none');
    bytes.writeBigInt64BE(BigInt(this.#baseOffset), batchLayout.baseOffset);
    bytes.writeInt32BE(this.#leaderEpoch, batchLayout.leaderEpoch);
    this.#sealed.push(bytes);
    this.#builder = new BatchBuilder();
  }
}

/** A name that comes twice has the last value, as in Flink's map. */
function headersOf(headers: AddonMessage['headers']): RecordHeaders | null {
  return headers === undefined ? null : new Map(headers.flatMap((header) => Object.entries(header)));
}
