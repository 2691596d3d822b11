/** The command line: commands, help, and what an error becomes. */
import { Command, CommanderError } from 'commander';
import { toErrorData } from '../model/errors.ts';
import { applyCommand } from './apply.ts';
import { askCommand } from './ask.ts';
import { auditCommand } from './audit.ts';
import { catalogCommand } from './catalog.ts';
import { demoCommand } from './demo.ts';
import type { CommandContext, CommandDependencies } from './dependencies.ts';
import { deployLogCommand } from './deploy-log.ts';
import { deploySwitchCommand } from './deploy-switch.ts';
import { diagnoseCommand } from './diagnose.ts';
import { driftCommand } from './drift.ts';
import { errorText } from './error-text.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { explainCommand } from './explain.ts';
import { jobsCommand } from './jobs.ts';
import { lagCommand } from './lag.ts';
import { lintCommand } from './lint.ts';
import { manifestCommand } from './manifest.ts';
import { mcpCommand } from './mcp.ts';
import { mirrorCommand } from './mirror.ts';
import { planCommand } from './plan.ts';
import { plansCommand } from './plans.ts';
import { promoteCommand } from './promote.ts';
import { queryCommand } from './query.ts';
import { redactor } from './redaction.ts';
import { runCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import { sqlCommand } from './sql.ts';
import { sqlGatewayCommand } from './sql-gateway.ts';
import { testCommand } from './test.ts';
import { topologyCommand } from './topology.ts';

/** Runs one command line, without the program's name. Resolves with the exit code; never rejects. */
export async function runProgram(argv: readonly string[], deps: CommandDependencies): Promise<number> {
  let code: number = exitCode.ok;
  let redact = redactor([]);
  const context: CommandContext = {
    ...deps,
    exit: (given) => {
      code = given;
    },
    hide: (secrets) => {
      redact = redactor(secrets);
    },
    redact: (text) => redact(text),
    say: (text) => void deps.stderr.write(`${redact(text)}\n`),
  };
  try {
    await createProgram(context).parseAsync(['node', 'millrace', ...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const data = toErrorData(error);
    const color = deps.stderr.isTerminal && deps.env.NO_COLOR === undefined;
    const text = errorText(data, { verbose: argv.includes('--verbose'), color });
    await deps.stderr.write(redact(text));
    return exitCodeOf(data.code);
  }
}

function createProgram(context: CommandContext): Command {
  const program = new Command('millrace')
    .description('Flink SQL from Kafka to Iceberg in one Node process, with no JVM.')
    .version(context.version)
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExamples:\n  millrace demo\n  millrace run job.yaml --param topic=events\n  millrace sql -e "SELECT 1"',
    );
  const commands = [
    runCommand,
    sqlCommand,
    sqlGatewayCommand,
    explainCommand,
    diagnoseCommand,
    lintCommand,
    testCommand,
    queryCommand,
    catalogCommand,
    simulateCommand,
    mirrorCommand,
    demoCommand,
    auditCommand,
    topologyCommand,
    serveCommand,
    jobsCommand,
    lagCommand,
    askCommand,
    planCommand,
    applyCommand,
    plansCommand,
    deployLogCommand,
    deploySwitchCommand,
    driftCommand,
    promoteCommand,
    manifestCommand,
    mcpCommand,
  ].map((make) => make(context));
  for (const command of commands) program.addCommand(command);
  for (const command of commands.flatMap((each) => [each, ...each.commands]))
    command.option('--verbose', 'stack traces with errors');
  const output = {
    writeOut: (text: string) => void context.stdout.write(text),
    writeErr: (text: string) => void context.stderr.write(text),
    getOutHelpWidth: () => context.stdout.columns,
    getErrHelpWidth: () => context.stderr.columns,
  };
  for (const command of [program, ...commands, ...commands.flatMap((each) => each.commands)])
    command.exitOverride().configureOutput(output).showHelpAfterError('Add --help for the arguments and options.');
  return program;
}
