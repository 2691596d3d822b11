/** `millrace manifest FILE`: the job for Flink's Kubernetes operator. */
import { Command, Option } from 'commander';
import { deploymentManifest, type ManifestOptions } from '../flink/deployment-manifest.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { loadFile } from './job-options.ts';
import { pairsOption, wholeNumber } from './option-values.ts';

type Options = Omit<
  ManifestOptions,
  'team' | 'namespace' | 'parallelism' | 'stateDirectory' | 'savepoint' | 'memoryMb' | 'cpus'
> &
  Readonly<{
    param: ReadonlyMap<string, string>;
    namespace?: string | undefined;
    team?: string | undefined;
    parallelism?: number | undefined;
    stateDirectory?: string | undefined;
    savepoint?: string | undefined;
    memory: number;
    cpu: number;
  }>;

export function manifestCommand(context: CommandContext): Command {
  return new Command('manifest')
    .description("A job as a FlinkDeployment of Flink's Kubernetes operator, with its script in a ConfigMap.")
    .argument('<file>', 'a .sql script or a .yaml job spec')
    .addOption(pairsOption('--param <name=value>', 'a value for a parameter of the job spec; may be repeated'))
    .requiredOption(
      '--image <image>',
      "made as the operator's flink-sql-runner-example makes it, with the connectors of the job",
    )
    .option('--environment <name>', 'for labels and the name of the job', 'production')
    .option('--namespace <name>', 'of Kubernetes')
    .option('--team <name>', 'a label')
    .option('--flink-version <version>', "the operator's name of the image's Flink", 'v2_2')
    .option('--service-account <name>', 'that the operator has set up', 'flink')
    .option(
      '--state-directory <url>',
      'for checkpoints, savepoints and high availability; without it a pod that goes takes the state along',
    )
    .option('--parallelism <n>', 'of the job', wholeNumber(1, 32_768))
    .option('--slots-per-task-manager <n>', 'subtasks of a task manager', wholeNumber(1, 256), 4)
    .option('--memory <mb>', 'of each pod', wholeNumber(1_024, 1_048_576), 2_048)
    .option('--cpu <n>', 'of each pod', wholeNumber(1, 1_024), 1)
    .addOption(new Option('--state <state>', 'what is wanted').choices(['running', 'suspended']).default('running'))
    .option('--savepoint <path>', 'to begin from')
    .addHelpText('after', examples)
    .action(async (file: string, options: Options) => context.exit(await manifest(file, options, context)));
}

const examples = `
Examples:
  millrace manifest jobs/creator-analytics.yaml --image registry.example/flink-sql:2.2 \\
    --state-directory s3://bucket/flink/creator-analytics > creator-analytics.flink.yaml
  millrace manifest job.sql --image flink-sql-runner:latest | kubectl apply -f -`;

async function manifest(name: string, options: Options, context: CommandContext): Promise<number> {
  const file = await loadFile(name, { param: options.param, dataDir: '' }, context);
  const { namespace, team, parallelism, stateDirectory, savepoint, memory, cpu, ...plain } = options;
  const settings: ManifestOptions = {
    ...plain,
    namespace: namespace ?? null,
    team: team ?? null,
    parallelism: parallelism ?? null,
    stateDirectory: stateDirectory?.replace(/\/+$/, '') ?? null,
    savepoint: savepoint ?? null,
    memoryMb: memory,
    cpus: cpu,
  };
  await context.stdout.write(deploymentManifest(file, settings, context.connectors));
  return exitCode.ok;
}
