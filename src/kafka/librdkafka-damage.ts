/** The counts of a broker in librdkafka's statistics (STATISTICS.md). */
type Broker = Readonly<{ rxerrs: number; disconnects: number }>;

/**
 * Notices record batches whose CRC is wrong, which librdkafka may pass over. The addon's `consume` drops an error that stands behind
 * records of its batch (KafkaConsumerConsumeNum, workers.cc). What remains of it then is a count of receive errors; a lost connection
 * counts there too, and then among the disconnects as well.
 */
export class DamageWatch {
  /** By broker: the least excess of receive errors over disconnects, and the last. */
  readonly #brokers = new Map<string, { least: number; last: number }>();

  /** Takes statistics as librdkafka gives them. True: of some broker there was an error too many, the last time and now. */
  seen(statistics: string): boolean {
    const { brokers } = JSON.parse(statistics) as { brokers: Readonly<Record<string, Broker>> };
    return Object.entries(brokers).filter(([name, broker]) => this.#exceeds(name, broker)).length > 0;
  }

  /** Between the two counts of one lost connection there may be a look. */
  #exceeds(name: string, { rxerrs, disconnects }: Broker): boolean {
    const excess = rxerrs - disconnects;
    const { least, last } = this.#brokers.get(name) ?? { least: 0, last: 0 };
    this.#brokers.set(name, { least: Math.min(least, excess), last: excess });
    return Math.min(excess, last) > least;
  }
}
