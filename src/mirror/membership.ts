/**
 * Which process has which shard. Each process writes a heartbeat into partition 0 of the mirror's state, with the shards that it holds or
 * wants, and reads those of the others; the broker's clock stamps them all. Whoever has been silent for the time of a lease is taken for
 * dead, and its shards are shared out anew. The lease divides the work; that two never write one after the other's back is seen to where
 * a shard's session begins.
 */
import type { Clock } from '../engine/clock.ts';
import { describeTopics } from '../kafka/admin.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { timestampOf } from '../kafka/fetched-records.ts';
import { scanLog } from '../kafka/log-reader.ts';
import { listOffsets, offsetSpec, partitionId } from '../kafka/offsets.ts';
import { failedOver } from './failover-mark.ts';
import { stateTopicOf } from './mirror-names.ts';
import { type FailoverMark, shardCount } from './mirror-state.ts';
import { nobody, StateLog } from './state-log.ts';

/** `fresh`: it has given a sign of life since this process takes part. */
type Member = Readonly<{ time: number; holds: readonly number[]; fresh: boolean }>;

/** The shards of a member: every nth, by its place among the living. */
export function shareOf(token: string, alive: readonly string[]): number[] {
  const place = alive.toSorted().indexOf(token);
  if (place < 0) return [];
  return Array.from({ length: shardCount }, (_, shard) => shard).filter((shard) => shard % alive.length === place);
}

export class Membership {
  readonly #cluster: KafkaCluster;
  readonly #token: string;
  readonly #leaseMs: number;
  readonly #log: StateLog;
  readonly #members = new Map<string, Member>();
  readonly #place: Readonly<{ topic: string; partition: number }>;
  readonly #mirror: string;
  #failover: FailoverMark | null = null;
  #topicId: string | null = null;
  #next = 0;
  #takesPart = false;

  constructor(cluster: KafkaCluster, mirror: string, token: string, leaseMs: number, clock: Clock) {
    this.#cluster = cluster;
    this.#mirror = mirror;
    this.#token = token;
    this.#leaseMs = leaseMs;
    this.#place = { topic: stateTopicOf(mirror), partition: 0 };
    this.#log = new StateLog(cluster, this.#place, nobody, clock);
  }

  /** How many processes share the work, this one among them. */
  get size(): number {
    return this.#alive().length;
  }

  /**
   * Gives a sign of life and looks at the others'. Of `held`, the shards that are to be kept; and of the rest, those to take on. Called
   * every quarter of a lease. CONFLICT when the mirror has failed over.
   */
  async tick(held: readonly number[]): Promise<Readonly<{ keep: readonly number[]; take: readonly number[] }>> {
    if (this.#topicId === null) await this.#read();
    const free = this.#share().filter((shard) => !this.#heldByOthers(shard));
    const holds = [...new Set([...held, ...free])];
    await this.#log.append([{ key: ['member', this.#token], value: { holds } }]);
    await this.#read();
    if (this.#failover !== null) throw failedOver(this.#mirror, this.#failover);
    this.#takesPart = true;
    const share = this.#share();
    return {
      keep: held.filter((shard) => share.includes(shard)),
      take: free.filter((shard) => share.includes(shard) && !held.includes(shard) && !this.#heldByOthers(shard)),
    };
  }

  /** Says that this process is gone: the others need not wait. */
  async leave(): Promise<void> {
    await this.#log.append([{ key: ['member', this.#token], value: null }]);
  }

  #share(): number[] {
    return shareOf(this.#token, [...new Set([...this.#alive(), this.#token])]);
  }

  /** By the broker's clock, which stands where its last record does. */
  #alive(): string[] {
    const now = Math.max(...[...this.#members.values()].map(({ time }) => time));
    return [...this.#members].filter(([, { time }]) => time > now - this.#leaseMs).map(([token]) => token);
  }

  /** Whether another process has the shard, or wants it, and is sure to be living. */
  heldByLiving(shard: number): boolean {
    return this.#holders(shard).some(({ fresh }) => fresh);
  }

  #heldByOthers(shard: number): boolean {
    return this.#holders(shard).length > 0;
  }

  #holders(shard: number): Member[] {
    const others = this.#alive().filter((token) => token !== this.#token);
    return others.map((token) => this.#members.get(token)!).filter(({ holds }) => holds.includes(shard));
  }

  async #read(): Promise<void> {
    if (this.#topicId === null) {
      const [topic] = await describeTopics(this.#cluster, [this.#place.topic]);
      this.#topicId = topic!.id;
      this.#next = await this.#bound(offsetSpec.earliest);
    }
    const to = await this.#bound(offsetSpec.latest);
    const stretch = { ...this.#place, topicId: this.#topicId, from: this.#next, to };
    await scanLog(this.#cluster, stretch, (records, run) => {
      for (let i = records.from; i < records.to; i++) {
        const time = timestampOf(records.header, run, i);
        const text = (start: number, end: number): string => Buffer.from(run.bytes.subarray(start, end)).toString();
        const start = run.valueStarts[i]!;
        const value = start < 0 ? null : text(start, run.valueEnds[i]!);
        this.#take(JSON.parse(text(run.keyStarts[i]!, run.keyEnds[i]!)) as [string, string], value, time);
      }
      return true;
    });
    this.#next = to;
  }

  #take([kind, token]: readonly [string, string], value: string | null, time: number): void {
    if (kind === 'failover') this.#failover = value === null ? null : (JSON.parse(value) as FailoverMark);
    else if (value === null) this.#members.delete(token);
    else {
      const { holds } = JSON.parse(value) as { holds: number[] };
      this.#members.set(token, { time, holds, fresh: this.#takesPart });
    }
  }

  async #bound(spec: number): Promise<number> {
    return (await listOffsets(this.#cluster, [this.#place], spec, false)).get(partitionId(this.#place))!;
  }
}
