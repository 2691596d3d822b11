/** `millrace diagnose [JOB]`: what is wrong with a job, on what that rests, and what may safely be done next. Changes nothing. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type Diagnosis, diagnose } from '../deploy/diagnose/diagnose.ts';
import { diagnosisText } from '../deploy/diagnose/diagnosis-text.ts';
import type { JobFacts } from '../deploy/diagnose/job-facts.ts';
import type { Phrasing } from '../deploy/diagnose/phrasing.ts';
import { createOpenAiModel } from '../deploy/intent/chat-model.ts';
import { modelConfigurationOf } from '../deploy/intent/model-configuration.ts';
import { Switches } from '../deploy/policy/switches.ts';
import { openControlDatabase } from '../deploy/store/database.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, defaultDataDirectory } from './job-options.ts';
import { duration, wholeNumber } from './option-values.ts';
import { findServe } from './serve-file.ts';
import { type OutputOptions, outputOption, writeJson } from './topology-options.ts';

const defaultPort = 8081; // of run and of serve

type DiagnoseOptions = OutputOptions &
  Readonly<{
    server?: string;
    port?: number;
    host?: string;
    dataDir: string;
    environment?: string;
    between: number;
    file?: string;
    explain?: boolean;
    save?: string;
  }>;

export function diagnoseCommand(context: CommandContext): Command {
  return new Command('diagnose')
    .description('What is wrong with a job: ranked causes, what each rests on, and a safe next step. Changes nothing.')
    .argument('[job]', 'its name, environment/name, or id; without it all jobs there')
    .option(
      '--server <url>',
      'of millrace serve, or of a job (default: MILLRACE_SERVER, --host and --port, the serve of --data-dir, else port 8081)',
    )
    .option('--port <port>', 'of the HTTP server', wholeNumber(1, 65_535))
    .option('--host <address>', 'of the HTTP server')
    .option('--data-dir <dir>', 'of a running serve', defaultDataDirectory)
    .option('--environment <name>', 'only the deployment there')
    .option(
      '--between <duration>',
      'between two looks, so that rates are those of now; 0s: one look',
      duration(0),
      2_000,
    )
    .addOption(new Option('--file <path>', 'instead: what was saved of a job').conflicts(['server', 'port', 'host']))
    .option('--explain', 'also in the words of the language model of MILLRACE_LLM_MODEL; it decides nothing')
    .option('--save <path>', 'also write down what was seen, for --file')
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (job: string | undefined, options: DiagnoseOptions) =>
      context.exit(await run(job, options, context)),
    );
}

const examples = `
Exits with 0 where nothing is wrong, with 8 where something is. Rules over counters, checkpoints, failures and log lines decide; what jobs and
their records say is shown, and never followed.

Examples:
  millrace diagnose
  millrace diagnose creator-analytics --environment staging --server http://127.0.0.1:8081
  millrace diagnose --save seen.json; millrace diagnose --file seen.json --output json | jq '.jobs[].causes[0]'`;

async function run(job: string | undefined, options: DiagnoseOptions, context: CommandContext): Promise<number> {
  const facts = await factsOf(job, options, context);
  if (options.save !== undefined) {
    await writeFile(resolve(context.workingDirectory, options.save), `${JSON.stringify({ jobs: facts })}\n`);
  }
  const phrases = options.explain === true ? await phraser(options, context) : null;
  const jobs: (Diagnosis & Readonly<{ explanation?: Phrasing }>)[] = [];
  for (const diagnosis of facts.map(diagnose)) {
    jobs.push(phrases === null ? diagnosis : { ...diagnosis, explanation: await phrases(diagnosis) });
  }
  if (options.output === 'json') await writeJson({ jobs }, context);
  else await context.stdout.write(context.redact(jobs.map(textOf).join('\n')));
  return jobs.every(({ healthy }: Diagnosis) => healthy) ? exitCode.ok : exitCode.unhealthy;
}

function textOf(job: Diagnosis & Readonly<{ explanation?: Phrasing }>): string {
  const { explanation } = job;
  if (explanation === undefined || job.healthy) return diagnosisText(job);
  const said = explanation.kind === 'none' ? `(${explanation.why})` : `${explanation.model}: ${explanation.text}`;
  return `${diagnosisText(job)}\nin other words, of the model ${said}\n`;
}

/** INVALID_OPTION without a model, PERMISSION where models are switched off. */
async function phraser(
  options: DiagnoseOptions,
  context: CommandContext,
): Promise<(diagnosis: Diagnosis) => Promise<Phrasing>> {
  const configuration = modelConfigurationOf(context.env);
  if (configuration === null) {
    throw new EngineError('INVALID_OPTION', '--explain: expected a model in MILLRACE_LLM_MODEL, found none', {
      hint: 'Without --explain no model is asked.',
    });
  }
  checkSwitch(dataDirectoryOf(options, context));
  const { phrase } = await import('../deploy/diagnose/phrasing.ts');
  const model = createOpenAiModel(configuration);
  return async (diagnosis) => await phrase(diagnosis, model);
}

function checkSwitch(dataDirectory: string): void {
  const database = openControlDatabase(dataDirectory);
  try {
    if (new Switches(database).isOn('llm.enabled')) return;
    throw new EngineError('PERMISSION', '--explain: llm.enabled is switched off', {
      hint: 'millrace deploy-switch shows who did, and why.',
    });
  } finally {
    database.close();
  }
}

async function factsOf(
  job: string | undefined,
  options: DiagnoseOptions,
  context: CommandContext,
): Promise<readonly JobFacts[]> {
  const { file, environment } = options;
  if (file !== undefined) return await factsOfFile(file, job, context);
  const { lookAtJobs } = await import('./job-look.ts'); // zod need not be loaded for the other commands
  const url = await addressOf(options, context);
  return await lookAtJobs({ url, betweenMs: options.between, job, environment }, context);
}

async function addressOf(options: DiagnoseOptions, context: CommandContext): Promise<string> {
  const { server = context.env.MILLRACE_SERVER, host, port } = options;
  if (server !== undefined && server !== '') {
    if (URL.canParse(server)) return server.replace(/\/+$/, '');
    throw new EngineError('INVALID_OPTION', `server: expected a URL, got '${server}'`);
  }
  const isNamed = host !== undefined || port !== undefined;
  const serve = isNamed ? null : await findServe(dataDirectoryOf(options, context), context.env.MILLRACE_TOKEN);
  return serve?.url ?? `http://${host ?? '127.0.0.1'}:${port ?? defaultPort}`;
}

async function factsOfFile(
  file: string,
  job: string | undefined,
  context: CommandContext,
): Promise<readonly JobFacts[]> {
  const path = resolve(context.workingDirectory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `${path}: expected a file that can be read`, { cause });
  });
  const { readFacts } = await import('../deploy/diagnose/facts-reader.ts');
  const facts = readFacts(parsed(text, path), path).filter(({ name }) => job === undefined || name === job);
  if (facts.length > 0) return facts;
  throw new EngineError(
    'NOT_FOUND',
    `${path}: expected ${job === undefined ? 'a job' : `the job '${job}'`} in it, found none`,
  );
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new EngineError('INVALID_OPTION', `${path}: expected JSON, found other text`, { cause });
  }
}
