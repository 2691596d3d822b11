/** What goes along with records: configs, access rules, groups' positions, heartbeats. Done by one process of a mirror, that of shard 0. */
import type { KafkaCluster } from '../kafka/cluster.ts';
import { partitionId } from '../kafka/offsets.ts';
import { toErrorData } from '../model/errors.ts';
import { Heartbeats } from './heartbeat.ts';
import { targetTopicOf } from './mirror-names.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import { type MirrorPosition, readMirrorState } from './mirror-state.ts';
import { MirrorSync } from './mirror-sync.ts';
import type { MirroredTopics } from './mirror-topics.ts';
import type { MirrorWorld } from './mirror-world.ts';
import { fits } from './name-filter.ts';

export class Companions {
  readonly #spec: MirrorSpec;
  readonly #world: MirrorWorld;
  readonly #target: KafkaCluster;
  readonly #sync: MirrorSync;
  readonly #heartbeats: Heartbeats;
  #positions: ReadonlyMap<string, MirrorPosition> = new Map();
  #syncDue = -Infinity;
  #beatDue = -Infinity;
  #underWay: Promise<void> | null = null;

  constructor(spec: MirrorSpec, source: KafkaCluster, target: KafkaCluster, world: MirrorWorld) {
    this.#spec = spec;
    this.#world = world;
    this.#target = target;
    const options = {
      source,
      target,
      isCarried: (group: string) => fits(spec.groups, group),
      targetTopic: (topic: string) => targetTopicOf(spec, topic),
      progressOf: (topic: string, partition: number) => this.#positions.get(partitionId({ topic, partition })) ?? null,
    };
    this.#sync = new MirrorSync(options, spec.sync);
    this.#heartbeats = new Heartbeats(
      target,
      { source: spec.source.alias, target: spec.target.alias },
      spec.replicationFactor,
    );
  }

  /** Starts what is due and not under way. A fault is a warning: records are mirrored all the same. */
  round(topics: MirroredTopics, once: boolean): void {
    if (this.#underWay !== null || once) return;
    this.#underWay = this.#due(topics).finally(() => {
      this.#underWay = null;
    });
  }

  /** A last round, when everything is mirrored. */
  async last(topics: MirroredTopics): Promise<void> {
    await this.#underWay;
    await this.#guarded('sync', () => this.#syncOnce(topics));
  }

  async #due(topics: MirroredTopics): Promise<void> {
    const now = this.#world.clock.monotonic();
    const { heartbeatsMs, intervalMs } = this.#spec.sync;
    if (heartbeatsMs > 0 && now >= this.#beatDue) {
      this.#beatDue = now + heartbeatsMs;
      await this.#guarded('heartbeats', () => this.#heartbeats.beat(this.#world.clock.now()));
    }
    if (now < this.#syncDue) return;
    await this.#guarded('sync', () => this.#syncOnce(topics));
    this.#syncDue = this.#world.clock.monotonic() + intervalMs;
  }

  async #syncOnce(topics: MirroredTopics): Promise<void> {
    this.#positions = (await readMirrorState(this.#target, this.#spec.name)).positions;
    const pairs = [...topics.values()].map(({ topic: source, targetTopic }) => ({ source, target: targetTopic }));
    const { faults } = await this.#sync.once(pairs);
    for (const { what, error } of faults) this.#world.warn(`mirror '${this.#spec.name}', ${what}: ${error.message}`);
  }

  async #guarded(what: string, step: () => Promise<void>): Promise<void> {
    if (this.#target.signal.aborted) return;
    await step().catch((error: unknown) => {
      if (this.#target.signal.aborted) return;
      this.#world.warn(`mirror '${this.#spec.name}', ${what}: ${toErrorData(error).message}`);
    });
  }
}
