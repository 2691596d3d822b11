/** `millrace audit compare`: two topics record by record, with no set-up on either side. */
import { Command, Option } from 'commander';
import type { ComparedTopic } from '../audit/compare/report.ts';
import { compareTopics } from '../audit/compare/topic-compare.ts';
import { clientConfig } from '../kafka/client-config.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { comparisonText } from './comparison-text.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { countText } from './human.ts';
import { duration, pairsOption, secretsAmong, time, wholeNumber } from './option-values.ts';
import { showLine } from './progress-line.ts';

type AuditCompareOptions = Readonly<{
  source: string;
  target: string;
  topic: string;
  targetTopic?: string;
  bucket: number;
  output: 'text' | 'json';
  partition?: readonly number[];
  from?: number;
  to?: number;
  limit: number;
  sourceProperty: ReadonlyMap<string, string>;
  targetProperty: ReadonlyMap<string, string>;
  quiet?: boolean;
}>;

const mostListed = 1_000_000;

export function auditCompareCommand(context: CommandContext): Command {
  return new Command('compare')
    .description('Compares two topics record by record, and names what is missing, extra, changed or out of order.')
    .requiredOption('--source <bootstrap>', 'brokers of the one side, host:port')
    .requiredOption('--target <bootstrap>', 'brokers of the other side, host:port')
    .requiredOption('--topic <name>', 'the topic')
    .option('--target-topic <name>', "the topic's name at the target, where it has another")
    .addOption(
      new Option('--bucket <duration>', 'event time that is told together')
        .argParser(duration(1))
        .default(600_000, '10m'),
    )
    .addOption(new Option('--output <form>', 'of the answer').choices(['text', 'json']).default('text'))
    .option('--partition <n>', 'compare this partition only; may be repeated', partition)
    .option('--from <time>', 'from this timestamp on: ISO 8601, or ms since 1970', time)
    .option('--to <time>', 'before this timestamp', time)
    .option('--limit <n>', 'records that are listed at the most', wholeNumber(0, mostListed), 1_000)
    .addOption(pairsOption('--source-property <name=value>', 'of the Kafka client at the source; may be repeated'))
    .addOption(pairsOption('--target-property <name=value>', 'of the Kafka client at the target; may be repeated'))
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action(async (options: AuditCompareOptions) => context.exit(await auditCompare(options, context)));
}

const examples = `
Compared is what both topics hold now. Ends with 0 when they are equal, also where compaction, retention, aborted transactions or what a
mirror has written down as lost explain what differs, and with 8 when they are not. All differences are counted; --limit of them are listed.

Examples:
  millrace audit compare --source dc1:9092 --target agg:9092 --topic page-views
  millrace audit compare --source dc1:9092 --target agg:9092 --topic orders --target-topic dc1.orders --output json`;

async function auditCompare(options: AuditCompareOptions, context: CommandContext): Promise<number> {
  context.hide([...secretsAmong(options.sourceProperty), ...secretsAmong(options.targetProperty)]);
  const source = cluster(options.source, options.sourceProperty, '--source');
  const target = cluster(options.target, options.targetProperty, '--target');
  let records = 0;
  const over = new AbortController();
  const release = context.onSignal(() => context.exitNow(exitCode.interrupted));
  let shown = 0;
  const line = (seconds: number): string => {
    const rate = (records - shown) / seconds;
    shown = records;
    return `${options.topic} · ${countText(records)} records of both sides, ${countText(rate)} rec/s`;
  };
  const progress = options.quiet ? Promise.resolve() : showLine(line, over.signal, context);
  try {
    const { appendTimed, ...compared } = await compareTopics(
      { cluster: source, topic: options.topic },
      { cluster: target, topic: options.targetTopic ?? options.topic },
      {
        bucketMs: options.bucket,
        range: { from: options.from ?? -Infinity, to: options.to ?? Infinity },
        partitions: options.partition ?? null,
        limit: options.limit,
        now: context.clock.now(),
        onRead: () => {
          records++;
        },
      },
    );
    over.abort();
    await progress;
    await context.stdout.write(options.output === 'json' ? `${JSON.stringify(compared)}\n` : comparisonText(compared));
    sayNotes(compared, appendTimed, context);
    return compared.equal ? exitCode.ok : exitCode.unhealthy;
  } finally {
    over.abort();
    release();
    source.close();
    target.close();
    await progress;
  }
}

function cluster(bootstrap: string, properties: ReadonlyMap<string, string>, where: string): KafkaCluster {
  const given = new Map([
    ['bootstrap.servers', bootstrap],
    ['fetch.min.bytes', '1'], // the ends are known: nothing is to be waited for
    ['fetch.max.bytes', '16777216'],
    ['max.partition.fetch.bytes', '8388608'],
    ...properties,
    ['isolation.level', 'read_committed'],
    ['check.crcs', 'true'],
  ]);
  return new KafkaCluster(clientConfig(given, where));
}

function sayNotes({ scope, equal, parts }: ComparedTopic, appendTimed: boolean, context: CommandContext): void {
  if (parts !== undefined)
    context.say(
      `More records have no partner than can be kept: they were found in ${parts} readings. All are counted; where they lie out of order was not looked at.`,
    );
  if (scope === 'topic')
    context.say('The records of the target lie in other partitions: compared by topic, where order says nothing.');
  if (!equal && appendTimed) {
    context.say(
      'Brokers of a side stamp records with the time of appending (message.timestamp.type = LogAppendTime): timestamps differ then without any fault.',
    );
  }
}

function partition(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(0, 2 ** 31 - 1)(text)];
}
