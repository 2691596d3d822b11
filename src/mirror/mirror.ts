/** A mirror at work in this process: topics found, claimed and made, shards held, what goes along with records kept alike. */
import { KafkaCluster } from '../kafka/cluster.ts';
import { partitionId } from '../kafka/offsets.ts';
import { RetryWarnings } from '../kafka/retry-warnings.ts';
import type { MirrorLoss } from '../model/audit.ts';
import { isEngineError } from '../model/errors.ts';
import { ByteQuota } from './byte-quota.ts';
import { Companions } from './companions.ts';
import { checkNotFailedOver } from './failover-mark.ts';
import { Membership } from './membership.ts';
import { targetTopicOf } from './mirror-names.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import { ensureOwnTopics } from './mirror-topics.ts';
import type { MirrorWorld } from './mirror-world.ts';
import { MirroredPlaces } from './mirrored-places.ts';
import type { PartitionFigures } from './partition-meter.ts';
import { PartitionMeters } from './partition-meters.ts';
import { Passage } from './passage.ts';
import { quotaOf } from './quota-spec.ts';
import { Shard } from './shard.ts';
import type { ShardContext } from './shard-context.ts';
import { SourceReader } from './source-reader.ts';
import { TargetWriter } from './target-writer.ts';

export type MirrorFigures = Readonly<{
  partitions: readonly PartitionFigures[];
  /** Shards that this process has, and processes that share the work. */
  shards: number;
  members: number;
  heldBytes: number;
  losses: readonly MirrorLoss[];
}>;

const mostLosses = 1_000; // kept for the summary; all are in the state topic
const closeMs = 30_000;
const goodbyeMs = 2_000;
const partitionBuffers = 2; // as many fetches of a partition may wait to be written
const partitionShare = 4; // or such a part of what all may hold

export class Mirror {
  readonly #spec: MirrorSpec;
  readonly #world: MirrorWorld;
  readonly #once: boolean;
  readonly #source: KafkaCluster;
  readonly #target: KafkaCluster;
  readonly #membership: Membership;
  readonly #places: MirroredPlaces;
  readonly #ctx: ShardContext;
  readonly #shards = new Map<number, Shard>();
  readonly #meters = new PartitionMeters();
  readonly #quotas = new Map<string, ByteQuota>();
  readonly #leaving = new WeakSet<Shard>();
  readonly #losses: MirrorLoss[] = [];
  readonly #over = new AbortController();
  readonly #companions: Companions;
  /** When the last sign of life was given that came through. */
  #leasedMs = -Infinity;
  #failure: unknown = null;

  constructor(spec: MirrorSpec, world: MirrorWorld, once: boolean) {
    this.#spec = spec;
    this.#world = world;
    this.#once = once;
    this.#source = new KafkaCluster(spec.source.config);
    this.#target = new KafkaCluster(spec.target.config);
    this.#membership = new Membership(this.#target, spec.name, world.token, spec.leaseMs, world.clock);
    this.#places = new MirroredPlaces(spec, this.#source, this.#target, world.clock);
    this.#companions = new Companions(spec, this.#source, this.#target, world);
    this.#ctx = this.#context();
  }

  #context(): ShardContext {
    const { clock, warn, token } = this.#world;
    const { consumer } = this.#spec.source.config;
    const { bufferBytes } = this.#spec.target.config.producer;
    const failed = (error: unknown): void => this.#fail(error);
    const events = (
      side: 'source' | 'target',
    ): Readonly<{ onRetry: (reason: string) => void; failed: typeof failed }> => {
      const warnings = new RetryWarnings(`mirror '${this.#spec.name}', ${side}`, () => clock.now(), warn);
      return { onRetry: (reason) => warnings.retried(reason), failed };
    };
    return {
      spec: this.#spec,
      clock,
      source: this.#source,
      target: this.#target,
      reader: new SourceReader(this.#source, bufferBytes, events('source')),
      writer: new TargetWriter(this.#target, { ...events('target'), mayWrite: () => this.#holdsLease() }),
      passage: new Passage(),
      token,
      meter: (place) => this.#meters.of(place),
      quota: (topic) => this.#quota(topic),
      stopOffset: (id) => (this.#once ? this.#places.endOf(id) : Infinity),
      pendingLimit: Math.max(partitionBuffers * consumer.partitionMaxBytes, bufferBytes / partitionShare),
      currentPair: (topic) => this.#places.currentPair(topic),
      lost: (loss) => {
        this.#meters.of(loss).lostOffsets += loss.to - loss.from;
        if (this.#losses.length < mostLosses) this.#losses.push(loss);
      },
      warn,
    };
  }

  /** Whether it has found its place among the processes of the mirror. */
  get isReady(): boolean {
    return this.#leasedMs !== -Infinity;
  }

  /** `spreads`: times too, as they were since that was asked last. */
  figures(spreads = false): MirrorFigures {
    const mirrored = new Map(
      [...this.#shards.values()].flatMap(({ partitions }) => partitions.map((one) => [partitionId(one), one])),
    );
    return {
      partitions: this.#meters.figures(
        (topic) => targetTopicOf(this.#spec, topic),
        (id) => mirrored.get(id)?.lag ?? -1,
        spreads,
      ),
      shards: this.#shards.size,
      members: this.#membership.size,
      heldBytes: this.#ctx.reader.buffers.heldBytes,
      losses: this.#losses,
    };
  }

  /** Works until `signal` aborts or, once, everything up to the ends of now is mirrored. Positions are stored in any case. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#over.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      await this.#places.meet(); // fails at once where a cluster can't be reached: later faults are waited out
      await this.#patiently('start', () => this.#open());
      const lease = this.#keepLease();
      await this.#work();
      this.#over.abort();
      await lease;
      await this.#close();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#over.abort();
      this.#ctx.reader.close();
      this.#ctx.writer.close();
    }
  }

  async #open(): Promise<void> {
    await ensureOwnTopics(this.#target, this.#spec);
    await checkNotFailedOver(this.#target, this.#spec.name);
    await this.#places.refresh();
    if (this.#once) await this.#places.findEnds();
  }

  async #work(): Promise<void> {
    const { clock } = this.#world;
    let due = clock.monotonic() + this.#spec.sync.topicsMs;
    while (!this.#over.signal.aborted) {
      if (clock.monotonic() >= due && !this.#once) {
        await this.#passing('topics', () => this.#places.refresh());
        due = clock.monotonic() + this.#spec.sync.topicsMs;
      }
      if (this.#shards.has(0)) this.#companions.round(this.#places.topics, this.#once);
      if (this.#once && (await this.#isDone())) return;
      await clock.sleep(this.#once ? 20 : 100, this.#over.signal);
    }
  }

  /** By itself: whatever else takes long, signs of life must not. */
  async #keepLease(): Promise<void> {
    const { clock } = this.#world;
    try {
      while (!this.#over.signal.aborted) {
        const next = clock.monotonic() + this.#spec.leaseMs / 4;
        await this.#passing('lease', () => this.#tick());
        await clock.sleep(Math.max(10, next - clock.monotonic()), this.#over.signal);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Until it is done: a mirror that runs on waits for brokers, one that runs once does not. */
  async #patiently(what: string, step: () => Promise<void>): Promise<void> {
    for (let done = false; !done && !this.#over.signal.aborted; ) {
      const attempt = async (): Promise<void> => {
        await step();
        done = true;
      };
      if (this.#once) await attempt();
      else await this.#passing(what, attempt);
    }
  }

  /** A passing fault is met at the next turn. */
  async #passing(what: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (!isEngineError(error) || !error.retryable) throw error;
      this.#world.warn(`mirror '${this.#spec.name}', ${what}: ${error.message}`);
    }
  }

  /** Stores where everything is. Brokers that do not answer are not waited for without end: what was stored last counts then. */
  async #close(): Promise<void> {
    const { clock, warn } = this.#world;
    const ended = new AbortController();
    const within = (step: Promise<unknown>, ms: number): Promise<boolean> =>
      Promise.race([step.then(() => true), clock.sleep(ms, ended.signal).then(() => false)]);
    const stored = await within(Promise.all([...this.#shards.values()].map((shard) => shard.stop())), closeMs);
    if (!stored) warn(`mirror '${this.#spec.name}': the last positions could not be stored in ${closeMs} ms`);
    if (this.#failure === null && this.#once && stored) await this.#companions.last(this.#places.topics);
    // Who does not hear it waits for the end of the lease.
    if (stored)
      await within(
        this.#membership.leave().catch(() => {}),
        goodbyeMs,
      );
    ended.abort();
    if (this.#failure !== null) throw this.#failure;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#over.abort();
  }

  #holdsLease(): boolean {
    return this.#world.clock.monotonic() - this.#leasedMs < this.#spec.leaseMs;
  }

  async #tick(): Promise<void> {
    const began = this.#world.clock.monotonic();
    const { keep, take } = await this.#membership.tick([...this.#shards.keys()]);
    this.#leasedMs = began;
    this.#ctx.writer.wake();
    for (const [index, shard] of this.#shards) if (!keep.includes(index)) this.#release(index, shard);
    for (const index of take) {
      const places = (): ReturnType<MirroredPlaces['of']> => this.#places.of(index);
      this.#shards.set(index, new Shard(this.#ctx, index, places, this.#once, (error) => this.#fail(error)));
    }
  }

  /** It is held until it has ended in good order; meanwhile signs of life go on. */
  #release(index: number, shard: Shard): void {
    if (this.#leaving.has(shard)) return;
    this.#leaving.add(shard);
    void shard.stop().then(() => this.#shards.delete(index));
  }

  /** Whether all shards are done: those of this process, and, by what is stored, those of others. */
  async #isDone(): Promise<boolean> {
    const busy = this.#places.shards.filter((shard) => this.#shards.get(shard)?.over !== true);
    // What nobody has is still to be taken on: its stored position may be ahead of what the clusters have now.
    if (busy.some((shard) => this.#shards.has(shard) || !this.#membership.heldByLiving(shard))) return false;
    for (const shard of busy) {
      if (!(await this.#places.isMirrored(shard))) {
        await this.#world.clock.sleep(this.#spec.leaseMs / 4, this.#over.signal);
        return false;
      }
    }
    return true;
  }

  /** That of a topic is shared by the processes of the mirror. */
  #quota(topic: string): ByteQuota {
    const present = this.#quotas.get(topic);
    if (present !== undefined) return present;
    const bytesPerSecond = quotaOf(this.#spec.quotas, topic);
    const rate = (): number => bytesPerSecond / Math.max(1, this.#membership.size);
    const quota = new ByteQuota(rate, () => this.#world.clock.monotonic());
    this.#quotas.set(topic, quota);
    return quota;
  }
}
