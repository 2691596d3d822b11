/** The command line: commands, help, and what an error becomes. */
import { Command, CommanderError } from 'commander';
import { assert, toErrorData } from '../model/errors.ts';
import type { CommandContext, CommandDependencies } from './dependencies.ts';
import { errorText } from './error-text.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { redactor } from './redaction.ts';

type MakeCommand = (context: CommandContext) => Command;

/** In the order of the help. A command line loads the one that it names: all of them take half a second. */
const commands: readonly (readonly [name: string, load: () => Promise<MakeCommand>])[] = [
  ['run', async () => (await import('./run.ts')).runCommand],
  ['sql', async () => (await import('./sql.ts')).sqlCommand],
  ['sql-gateway', async () => (await import('./sql-gateway.ts')).sqlGatewayCommand],
  ['explain', async () => (await import('./explain.ts')).explainCommand],
  ['diagnose', async () => (await import('./diagnose.ts')).diagnoseCommand],
  ['lint', async () => (await import('./lint.ts')).lintCommand],
  ['test', async () => (await import('./test.ts')).testCommand],
  ['query', async () => (await import('./query.ts')).queryCommand],
  ['catalog', async () => (await import('./catalog.ts')).catalogCommand],
  ['simulate', async () => (await import('./simulate.ts')).simulateCommand],
  ['mirror', async () => (await import('./mirror.ts')).mirrorCommand],
  ['demo', async () => (await import('./demo.ts')).demoCommand],
  ['audit', async () => (await import('./audit.ts')).auditCommand],
  ['topology', async () => (await import('./topology.ts')).topologyCommand],
  ['serve', async () => (await import('./serve.ts')).serveCommand],
  ['jobs', async () => (await import('./jobs.ts')).jobsCommand],
  ['lag', async () => (await import('./lag.ts')).lagCommand],
  ['ask', async () => (await import('./ask.ts')).askCommand],
  ['plan', async () => (await import('./plan.ts')).planCommand],
  ['apply', async () => (await import('./apply.ts')).applyCommand],
  ['plans', async () => (await import('./plans.ts')).plansCommand],
  ['deploy-log', async () => (await import('./deploy-log.ts')).deployLogCommand],
  ['deploy-switch', async () => (await import('./deploy-switch.ts')).deploySwitchCommand],
  ['drift', async () => (await import('./drift.ts')).driftCommand],
  ['promote', async () => (await import('./promote.ts')).promoteCommand],
  ['manifest', async () => (await import('./manifest.ts')).manifestCommand],
  ['mcp', async () => (await import('./mcp.ts')).mcpCommand],
];

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
    const program = await createProgram(argv[0], context);
    await program.parseAsync(['node', 'millrace', ...argv]);
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

/** With the command that the first word names; with all of them for help and for words that name none. */
async function createProgram(word: string | undefined, context: CommandContext): Promise<Command> {
  const named = commands.filter(([name]) => name === word);
  const wanted = word === '--version' ? [] : named.length === 0 ? commands : named;
  const program = new Command('millrace')
    .description('Flink SQL from Kafka to Iceberg in one Node process, with no JVM.')
    .version(context.version)
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExamples:\n  millrace demo\n  millrace run job.yaml --param topic=events\n  millrace sql -e "SELECT 1"',
    );
  const made = await Promise.all(wanted.map((entry) => makeCommand(entry, context)));
  for (const command of made) program.addCommand(command);
  for (const command of made.flatMap((each) => [each, ...each.commands]))
    command.option('--verbose', 'stack traces with errors');
  const output = {
    writeOut: (text: string) => void context.stdout.write(text),
    writeErr: (text: string) => void context.stderr.write(text),
    getOutHelpWidth: () => context.stdout.columns,
    getErrHelpWidth: () => context.stderr.columns,
  };
  for (const command of [program, ...made, ...made.flatMap((each) => each.commands)])
    command.exitOverride().configureOutput(output).showHelpAfterError('Add --help for the arguments and options.');
  return program;
}

async function makeCommand([name, load]: (typeof commands)[number], context: CommandContext): Promise<Command> {
  const command = (await load())(context);
  assert(command.name() === name, () => `the command '${command.name()}' is listed as '${name}'`);
  return command;
}
