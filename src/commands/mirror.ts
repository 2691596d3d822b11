/** `millrace mirror FILE`: the topics of one Kafka cluster copied to another, batch by batch. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { Mirror, type MirrorFigures } from '../mirror/mirror.ts';
import type { MirrorSpec } from '../mirror/mirror-spec.ts';
import type { RunningServer } from '../server/listening.ts';
import type { WatchedMirror } from '../server/mirror-metrics.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { bytesText, countedText, countText, groupedText } from './human.ts';
import { mirrorFailoverCommand } from './mirror-failover.ts';
import { type MirrorsRequest, mirrorsToRun, mirrorTogether, namesOf } from './mirror-topology.ts';
import { wholeNumber } from './option-values.ts';
import { showLine } from './progress-line.ts';
import { stopSignal } from './stop-signal.ts';

type MirrorOptions = MirrorsRequest &
  Readonly<{
    once?: boolean;
    quiet?: boolean;
    output: 'text' | 'json';
    port?: number;
    host: string;
    openProbes?: boolean;
  }>;

const tokenVariable = 'MILLRACE_TOKEN';

export function mirrorCommand(context: CommandContext): Command {
  return new Command('mirror')
    .description('Copy topics of one Kafka cluster to another, record batches as they are.')
    .argument('[file]', 'a mirror, .yaml')
    .option('--topology <file>', 'in place of a mirror: all mirrors of a topology')
    .option('--only <name>', 'of the topology, this mirror only; may be repeated', namesOf)
    .option('--once', 'up to the ends of now, then exit')
    .addOption(new Option('--output <format>', 'of the summary at the end').choices(['text', 'json']).default('text'))
    .option('--port <port>', 'serves probes and metrics there; 0 takes any free one', wholeNumber(0, 65_535))
    .option(
      '--host <address>',
      `address of that server; beyond loopback it needs a token in ${tokenVariable}`,
      '127.0.0.1',
    )
    .option('--open-probes', 'probes and metrics without the token')
    .option('--quiet', 'no progress')
    .enablePositionalOptions()
    .addCommand(mirrorFailoverCommand(context))
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: MirrorOptions) => {
      const specs = await mirrorsToRun(file, options, context);
      const watched = new Map<string, WatchedMirror>();
      const server = await openServer(watched, options, context);
      const [only] = specs;
      const run = (spec: MirrorSpec, among: boolean): Promise<void> => mirror(spec, options, context, watched, among);
      try {
        if (only !== undefined && specs.length === 1) await run(only, false);
        else await mirrorTogether(specs, options.once === true, context, (spec) => run(spec, true));
      } finally {
        await server?.close();
      }
      context.exit(exitCode.ok);
    });
}

const examples = `
Runs until SIGINT or SIGTERM; where it was is kept on the target, and the next run goes on there. Several processes with the same file
share the work and take over from each other.

Examples:
  millrace mirror mirrors/dc1-tracking.yaml
  millrace mirror mirrors/dc1-tracking.yaml --once --output json
  millrace mirror --topology topology.yaml --only dc1-tracking-to-dc2`;

async function openServer(
  watched: ReadonlyMap<string, WatchedMirror>,
  { port, host, openProbes }: MirrorOptions,
  context: CommandContext,
): Promise<RunningServer | null> {
  if (port === undefined) return null;
  const { serveMirrors } = await import('../server/mirror-server.ts'); // others need not load it
  const options = { port, host, token: context.env[tokenVariable], openProbes };
  const server = await serveMirrors(
    options,
    () => [...watched.values()],
    () => context.clock.monotonic(),
  );
  context.say(`HTTP on http://${host}:${server.port}`);
  return server;
}

/** `among`: others run in this process, and the line of a terminal is not this mirror's own. */
async function mirror(
  spec: MirrorSpec,
  options: MirrorOptions,
  context: CommandContext,
  watched: Map<string, WatchedMirror>,
  among: boolean,
): Promise<void> {
  const world = {
    clock: context.clock,
    token: `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`,
    warn: (text: string) => context.say(`warning: ${text}`),
  };
  const running = new Mirror(spec, world, options.once === true);
  watched.set(spec.name, {
    name: spec.name,
    source: spec.source.alias,
    target: spec.target.alias,
    figures: () => running.figures(true),
    isReady: () => running.isReady,
  });
  const started = context.clock.monotonic();
  await runToEnd(running, spec, { ...options, plain: among }, context);
  await sayEnd(spec, running.figures(), (context.clock.monotonic() - started) / 1_000, options, context);
}

/** Ends in good order on the first signal; at once on the second. */
async function runToEnd(
  running: Mirror,
  spec: MirrorSpec,
  options: MirrorOptions & Readonly<{ plain: boolean }>,
  context: CommandContext,
): Promise<void> {
  const { signal, release } = stopSignal(context);
  const over = new AbortController();
  let before: Totals = { records: 0, bytes: 0 };
  const line = (seconds: number): string => {
    const figures = running.figures();
    const now = totalsOf(figures);
    const rates = { records: (now.records - before.records) / seconds, bytes: (now.bytes - before.bytes) / seconds };
    before = now;
    return progressText(spec.name, figures, rates);
  };
  const progress = options.quiet ? Promise.resolve() : showLine(line, over.signal, context, options.plain);
  try {
    await running.run(signal);
  } finally {
    over.abort();
    release();
    await progress;
  }
}

type Totals = Readonly<{ records: number; bytes: number }>;

function totalsOf({ partitions }: MirrorFigures): Totals {
  return {
    records: partitions.reduce((sum, { records }) => sum + records, 0),
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** `dc1-tracking · 1.20 M rec/s, 180 MiB/s (3.40 M) · lag 1.20 k · 24 partitions`. */
function progressText(name: string, figures: MirrorFigures, rates: Totals): string {
  const { partitions, members, losses } = figures;
  const lag = partitions.reduce((sum, one) => sum + Math.max(0, one.lag), 0);
  const parts = [
    `${name} · ${countText(rates.records)} rec/s, ${bytesText(rates.bytes)}/s (${countText(totalsOf(figures).records)})`,
    `lag ${countText(lag)}`,
    countedText(partitions.length, 'partition'),
    ...(members > 1 ? [`${members} processes`] : []),
    ...(losses.length > 0 ? [`${losses.length} losses`] : []),
  ];
  return parts.join(' · ');
}

async function sayEnd(
  spec: MirrorSpec,
  figures: MirrorFigures,
  seconds: number,
  options: MirrorOptions,
  context: CommandContext,
): Promise<void> {
  const { records, bytes } = totalsOf(figures);
  const sum = (key: 'rewritten' | 'skippedOffsets' | 'lostOffsets'): number =>
    figures.partitions.reduce((total, one) => total + one[key], 0);
  if (options.output === 'json') {
    const counts = {
      rewrittenBatches: sum('rewritten'),
      skippedOffsets: sum('skippedOffsets'),
      lostOffsets: sum('lostOffsets'),
    };
    const of = {
      mirror: spec.name,
      partitions: figures.partitions.length,
      records,
      bytes,
      seconds: Number(seconds.toFixed(3)),
    };
    await context.stdout.write(`${JSON.stringify({ ...of, ...counts, losses: figures.losses })}\n`);
    return;
  }
  const lost = figures.losses.length === 0 ? '' : `, ${groupedText(sum('lostOffsets'))} offsets lost`;
  context.say(
    `${spec.name}: ${countedText(records, 'record')} (${bytesText(bytes)}) of ${countedText(figures.partitions.length, 'partition')} mirrored${lost}`,
  );
}
