/** `millrace mirror failover FILE`: consumers go on at the target, every group at the copy of the first record it has not read. */
import { Command } from 'commander';
import { KafkaCluster } from '../kafka/cluster.ts';
import { checkHasRun, type FailoverReport, failOver, undoFailover } from '../mirror/failover.ts';
import { isRunning } from '../mirror/mirror-liveness.ts';
import type { MirrorSpec } from '../mirror/mirror-spec.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { failoverText, isWhole } from './failover-text.ts';
import { loadMirror } from './mirror-file.ts';
import { type OutputOptions, outputOption, writeJson } from './topology-options.ts';

type FailoverOptions = OutputOptions & Readonly<{ force?: boolean; rewind?: boolean; undo?: boolean }>;

export function mirrorFailoverCommand(context: CommandContext): Command {
  return new Command('failover')
    .description('End a mirror for now: translate every consumer group to the target, and say what is not there.')
    .argument('<file>', 'a mirror, .yaml')
    .option('--force', 'although a process of the mirror still runs')
    .option('--rewind', 'move groups back too where their position at the target lies further on')
    .option('--undo', 'take a failover back as far as the mirror is concerned: it may run again')
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string, options: FailoverOptions) => context.exit(await failover(file, options, context)));
}

const examples = `
Stop the mirror first; from then on it refuses to run. A source that can't be reached is no obstacle: groups then stay where the mirror
had put them last.
Ends with 0 when every group stands where it should, with 8 where one does not, with 5 while the mirror still runs.

Examples:
  millrace mirror failover dc1-tracking.yaml
  millrace mirror failover dc1-tracking.yaml --output json | jq '.groups[] | select(.outcome != "moved")'`;

async function failover(file: string, options: FailoverOptions, context: CommandContext): Promise<number> {
  const spec = await loadMirror(file, context);
  const { clock } = context;
  const [source, target] = [new KafkaCluster(spec.source.config), new KafkaCluster(spec.target.config)];
  const release = context.onSignal(() => {
    source.close();
    target.close();
  });
  try {
    await checkHasRun(target, spec);
    if (options.undo) {
      await undoFailover({ spec, target, clock });
      context.say(`${spec.name}: it may run again`);
      return exitCode.ok;
    }
    const { force = false, rewind = false } = options;
    if (!force) await mustBeStopped(spec, target, context);
    const report = await failOver({ spec, source, target, clock, rewind, force });
    await show(report, options, context);
    return isWhole(report) ? exitCode.ok : exitCode.unhealthy;
  } finally {
    release();
    source.close();
    target.close();
  }
}

async function mustBeStopped(spec: MirrorSpec, target: KafkaCluster, { clock }: CommandContext): Promise<void> {
  if (!(await isRunning(target, spec.name, spec.leaseMs, { clock, signal: target.signal }))) return;
  throw new EngineError('CONFLICT', `mirror '${spec.name}' still runs: a process of it gives signs of life`, {
    hint: 'Stop it first, so that what is under way is carried to its end; --force shuts it out as it is.',
  });
}

async function show(report: FailoverReport, { output }: FailoverOptions, context: CommandContext): Promise<void> {
  if (output === 'text') return context.stdout.write(`${failoverText(report)}\n`);
  const faults = report.faults.map(({ what, error }) => ({ what, code: error.code, message: error.message }));
  await writeJson({ ...report, faults, whole: isWhole(report) }, context);
}
