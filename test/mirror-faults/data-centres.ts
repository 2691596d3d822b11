import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { millrace } from './millrace.ts';

/** Two data centres, the four kinds of traffic: eight local and four aggregate clusters, each a real broker, and the topology that they are. */

export const kinds = ['queueing', 'metrics', 'logs', 'tracking'] as const;
export type Kind = (typeof kinds)[number];
export type DataCentre = 'dc1' | 'dc2';

/** Where a kind is brought together, and how its mirrors deliver. */
const aggregates: Readonly<Record<Kind, Readonly<{ at: DataCentre; more: string }>>> = {
  queueing: { at: 'dc2', more: '' },
  // Others may write to the copies, so the mirror does not look after them: what happens to them is for the audit to find.
  metrics: { at: 'dc1', more: ', delivery: at-least-once' },
  logs: { at: 'dc2', more: '' },
  tracking: { at: 'dc1', more: '' },
};

/** A topic below its kind, of two partitions unless said otherwise. */
export type BedTopic = Readonly<{
  name: string;
  kind: Kind;
  partitions?: number;
  configs?: Readonly<Record<string, string>>;
}>;

const brokersAtOnce = 3; // that start side by side
const heapMb = 192;
/** A broker that waits long for its turn on a busy machine is not to be taken for dead. */
const properties = { 'broker.session.timeout.ms': '15000' };

export class DataCentres {
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-mirror-faults-'));
  readonly #brokers = new Map<string, TestKafka>();

  /** `say` is told of each step. */
  static async start(say: (text: string) => void): Promise<DataCentres> {
    const centres = new DataCentres();
    const hosts = kinds.flatMap((kind) => [`dc1-${kind}`, `dc2-${kind}`, `${aggregates[kind].at}-all-${kind}`]);
    for (let from = 0; from < hosts.length; from += brokersAtOnce) {
      const some = hosts.slice(from, from + brokersAtOnce);
      const started = await Promise.all(some.map(() => startKafka({ heapMb, properties })));
      for (const [i, host] of some.entries()) centres.#brokers.set(host, started[i]!);
      say(`${centres.#brokers.size} of ${hosts.length} brokers run`);
    }
    return centres;
  }

  local(kind: Kind, at: DataCentre): TestKafka {
    return this.#brokers.get(`${at}-${kind}`)!;
  }

  aggregate(kind: Kind): TestKafka {
    return this.#brokers.get(`${aggregates[kind].at}-all-${kind}`)!;
  }

  get topologyFile(): string {
    return join(this.directory, 'topology.yaml');
  }

  /** `dc1/metrics`, or `dc1/metrics/aggregate`, as audits call clusters. */
  clusterName(kind: Kind, of: DataCentre | 'aggregate'): string {
    return of === 'aggregate' ? `${aggregates[kind].at}/${kind}/aggregate` : `${of}/${kind}`;
  }

  mirrorName(kind: Kind, from: DataCentre): string {
    return `${from}-${kind}-to-${aggregates[kind].at}`;
  }

  /** Writes the topology and applies it. Returns what the command said. */
  async apply(topics: readonly BedTopic[]): Promise<string> {
    writeFileSync(this.topologyFile, this.#topologyText(topics));
    const { code, stdout, stderr } = await millrace('topology', 'apply', this.topologyFile, '--yes');
    if (code !== 0) throw new Error(`topology apply ended with ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** The mirror files of the topology, by the mirrors' names; what `addresses` has is put in place of a broker's own. */
  async mirrorFiles(addresses: ReadonlyMap<string, readonly [own: string, instead: string]>): Promise<string[]> {
    const folder = join(this.directory, 'mirrors');
    mkdirSync(folder, { recursive: true });
    const { code, stderr } = await millrace('topology', 'mirrors', this.topologyFile, '--out', folder);
    if (code !== 0) throw new Error(`topology mirrors ended with ${code}: ${stderr}`);
    return readdirSync(folder).map((name) => {
      const file = join(folder, name);
      const [own, instead] = addresses.get(name.replace(/\.yaml$/, '')) ?? ['', ''];
      const text = readFileSync(file, 'utf8');
      if (own !== '') writeFileSync(file, text.replaceAll(own, instead));
      return file;
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#brokers.values()].map((broker) => broker.stop()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #topologyText(topics: readonly BedTopic[]): string {
    const address = (host: string): string => JSON.stringify(this.#brokers.get(host)!.bootstrap);
    const clusters = (at: DataCentre, role: 'local' | 'aggregate'): string[] =>
      kinds.flatMap((kind) => {
        if (role === 'local') return [`        ${kind}: { bootstrapServers: ${address(`${at}-${kind}`)}, brokers: 1 }`];
        const { at: home, more } = aggregates[kind];
        const servers = home === at ? address(`${at}-all-${kind}`) : null;
        return servers === null
          ? []
          : [`        ${kind}: { bootstrapServers: ${servers}, brokers: 1, from: [dc1, dc2]${more} }`];
      });
    const centres = (['dc1', 'dc2'] as const).flatMap((at) => [
      `    ${at}:`,
      '      local:',
      ...clusters(at, 'local'),
      '      aggregate:',
      ...clusters(at, 'aggregate'),
    ]);
    const ofKind = (kind: Kind): string[] => [
      `    ${kind}:`,
      '      topics:',
      ...topics
        .filter((topic) => topic.kind === kind)
        .map(({ name, partitions = 2, configs }) => {
          const more = configs === undefined ? '' : `, configs: ${JSON.stringify(configs)}`;
          return `        ${name}: { partitions: ${partitions}${more} }`;
        }),
    ];
    return [
      'apiVersion: millrace/v1',
      'kind: Topology',
      'metadata: { name: two-data-centres }',
      'spec:',
      '  dataCentres:',
      ...centres,
      '  kinds:',
      ...kinds.flatMap(ofKind),
      '',
    ].join('\n');
  }
}
