/** Who mirrors: this project's mirror and MirrorMaker 2, each a process of its own with a file that says the same. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mavenJars } from '../../test/support/testbed/maven.ts';
import { root } from '../support/machine.ts';
import { partitions, type RecordKind } from './record-kind.ts';

export const mirrorMakerVersion = '4.3.1';
const artifacts = [
  `org.apache.kafka:connect-mirror:${mirrorMakerVersion}`,
  `org.apache.kafka:connect-runtime:${mirrorMakerVersion}`,
  'org.slf4j:slf4j-simple:1.7.36',
];

/** One copy of a topic, under a name of its own: no run finds anything of another. */
export type CopyJob = Readonly<{
  /** Of the source; the copy is `<alias>.<topic>`. */
  alias: string;
  kind: RecordKind;
  source: string;
  target: string;
  /** Of files of the run. */
  directory: string;
}>;

export type Contender = Readonly<{
  name: string;
  role: 'millrace' | 'audited' | 'default' | 'tuned';
  /** Writes its file; returns the command. */
  command: (job: CopyJob) => Promise<readonly string[]>;
  /** Whether the process ends by itself when all is copied. */
  ends: boolean;
}>;

export function copyName({ alias, kind }: CopyJob): string {
  return `${alias}.${kind.topic}`;
}

const millrace = {
  command: (job: CopyJob): Promise<readonly string[]> => {
    const file = join(job.directory, `${job.alias}.yaml`);
    writeFileSync(file, mirrorFile(job));
    return Promise.resolve([process.execPath, join(root, 'engine.js'), 'mirror', file, '--once', '--quiet']);
  },
  ends: true,
} as const;

function mirrorMaker(role: 'default' | 'tuned'): Contender {
  return {
    name: `MirrorMaker 2, ${role}`,
    role,
    command: async (job) => {
      const file = join(job.directory, `${job.alias}.properties`);
      writeFileSync(file, mirrorMakerFile(job, role === 'tuned'));
      const jars = await mavenJars(`kafka-mirror-${mirrorMakerVersion}`, artifacts);
      const main = 'org.apache.kafka.connect.mirror.MirrorMaker';
      return ['java', ...mirrorMakerJvm, '-cp', `${jars}/*`, main, file];
    },
    ends: false,
  };
}

/** `audited`: with an auditor of each side beside it. MirrorMaker 2, which takes half a minute to start, comes last: a smoke run ends before. */
export const contenders: readonly Contender[] = [
  { name: 'Millrace', role: 'millrace', ...millrace },
  { name: 'Millrace, both sides audited', role: 'audited', ...millrace },
  mirrorMaker('default'),
  mirrorMaker('tuned'),
];

/** No heartbeats, groups and ACLs: neither has them here. */
export function mirrorFile({ alias, kind, source, target }: CopyJob): string {
  return `apiVersion: millrace/v1
kind: Mirror
metadata: { name: ${alias} }
spec:
  source: { alias: ${alias}, bootstrapServers: "${source}" }
  target: { alias: target, bootstrapServers: "${target}" }
  topics: { include: [${kind.topic}] }
  naming: prefix
  delivery: reconcile
  onLoss: fail
  replicationFactor: 1
  sync: { groups: false, acls: false, heartbeats: 0 }
`;
}

/** As its own script starts it. */
const mirrorMakerJvm = [
  ...['-Xms256M', '-Xmx2G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'],
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

export function mirrorMakerFile(job: CopyJob, tuned: boolean): string {
  const { alias, kind, source, target } = job;
  const single = [
    'checkpoints.topic',
    'heartbeats.topic',
    'offset-syncs.topic',
    'offset.storage',
    'status.storage',
    'config.storage',
  ];
  const lines = [
    `clusters = ${alias}, target`,
    `${alias}.bootstrap.servers = ${source}`,
    `target.bootstrap.servers = ${target}`,
    `${alias}->target.enabled = true`,
    `${alias}->target.topics = ${kind.topic}`,
    `target->${alias}.enabled = false`,
    'emit.checkpoints.enabled = false',
    'emit.heartbeats.enabled = false',
    'sync.group.offsets.enabled = false',
    'sync.topic.acls.enabled = false',
    'replication.factor = 1',
    ...single.map((name) => `${name}.replication.factor = 1`),
    'offset.storage.partitions = 1',
    'status.storage.partitions = 1',
    ...(tuned ? tuning(job) : []),
  ];
  return `${lines.join('\n')}\n`;
}

function tuning({ alias, kind }: CopyJob): readonly string[] {
  return [
    `tasks.max = ${partitions}`,
    `${alias}.consumer.fetch.min.bytes = 1048576`,
    `${alias}.consumer.fetch.max.bytes = 52428800`,
    `${alias}.consumer.max.partition.fetch.bytes = 10485760`,
    `${alias}.consumer.max.poll.records = 10000`,
    `${alias}.consumer.receive.buffer.bytes = 4194304`,
    'target.producer.batch.size = 1048576',
    'target.producer.linger.ms = 100',
    'target.producer.buffer.memory = 134217728',
    `target.producer.compression.type = ${kind.compression}`,
    'target.producer.max.request.size = 10485760',
    'target.producer.send.buffer.bytes = 4194304',
    'target.producer.acks = 1',
    'target.producer.enable.idempotence = false',
  ];
}
