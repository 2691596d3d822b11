/** A tier for whoever reports on it: what its topic `millrace-audit` says, what mirrors have written down as lost, and its logs. */
import { clientConfig } from '../../kafka/client-config.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { describeTopicConfigs } from '../../kafka/topic-configs.ts';
import { isEngineError } from '../../model/errors.ts';
import { AuditLog, type AuditWindow } from '../audit-log.ts';
import type { AuditTier } from '../audit-tier.ts';
import { readAuditTopic } from '../audit-topic.ts';
import { TopicSide } from '../compare/topic-side.ts';
import { type CopyLoss, readMirrorAccount } from '../mirror-account.ts';
import type { ScannedTopic } from './bucket-scan.ts';
import { type TopicView, topicView } from './topic-view.ts';

const everything = { from: -Infinity, to: Infinity };

export class TierAccess {
  readonly tier: AuditTier;
  readonly cluster: KafkaCluster;
  readonly log: AuditLog;
  readonly #views = new Map<string, TopicView | null>();
  #losses: Promise<readonly CopyLoss[]> | null = null;
  readonly #sides = new Map<string, Promise<TopicSide | null>>();

  private constructor(tier: AuditTier, cluster: KafkaCluster, log: AuditLog) {
    this.tier = tier;
    this.cluster = cluster;
    this.log = log;
  }

  /** Reads what is written by now, of buckets in the window. */
  static async open(tier: AuditTier, window: AuditWindow): Promise<TierAccess> {
    const properties = new Map([...tier.client, ['isolation.level', 'read_committed']]);
    const cluster = new KafkaCluster(clientConfig(properties, `tier '${tier.cluster}'`));
    try {
      const log = new AuditLog(window);
      await readAuditTopic(cluster.config, log.apply);
      return new TierAccess(tier, cluster, log);
    } catch (error) {
      cluster.close();
      throw error;
    }
  }

  /** Topics of which auditors have written something. */
  get topics(): string[] {
    return this.log.topics(this.tier.cluster, this.tier.tier).map(({ key }) => key.topic);
  }

  /** By mirrors that write to this cluster: of topics and partitions of their sources. Read when it is first asked for. */
  losses(): Promise<readonly CopyLoss[]> {
    this.#losses ??= readMirrorAccount(this.cluster).then(({ losses }) => losses);
    return this.#losses;
  }

  view(topic: string): TopicView | null {
    let view = this.#views.get(topic);
    if (view === undefined) {
      const log = this.log.topic({ cluster: this.tier.cluster, tier: this.tier.tier, topic });
      view = log === null ? null : topicView(log);
      this.#views.set(topic, view);
    }
    return view;
  }

  /** Whether the broker puts its own timestamps into records: then they are no longer what their producers counted. */
  async restamps(topic: string): Promise<boolean> {
    const configs = await describeTopicConfigs(this.cluster, [topic]);
    return configs.get(topic)?.get('message.timestamp.type')?.value === 'LogAppendTime';
  }

  /** null: nothing is recorded of it. */
  async scanned(topic: string): Promise<ScannedTopic | null> {
    const view = this.view(topic);
    if (view === null) return null;
    const configs = await describeTopicConfigs(this.cluster, [topic]);
    const policy = configs.get(topic)?.get('cleanup.policy')?.value ?? '';
    return { view, side: await this.#side(topic), compacted: policy.includes('compact') };
  }

  /** The topic itself, with its ends as they were when it was first asked for; null where it is not there any more. */
  #side(topic: string): Promise<TopicSide | null> {
    let side = this.#sides.get(topic);
    if (side === undefined) {
      side = TopicSide.open({ cluster: this.cluster, topic, range: everything }, null).catch((error: unknown) => {
        if (isEngineError(error) && error.code === 'NOT_FOUND') return null;
        throw error;
      });
      this.#sides.set(topic, side);
    }
    return side;
  }

  close(): void {
    this.cluster.close();
  }
}
