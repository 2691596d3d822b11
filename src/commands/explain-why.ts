/** `millrace explain why`: which partitions hold back the windows of a running job that have not fired, and what became of its rows. */
import { Command } from 'commander';
import { imbalanceText } from '../engine/balance.ts';
import { type HeldWatermark, type Holder, heldWatermarks } from '../job/held-watermark.ts';
import type { JobAudit } from '../model/account.ts';
import { EngineError } from '../model/errors.ts';
import type { JobStatus } from '../model/job-status.ts';
import { accountText } from './account-text.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { durationText } from './human.ts';
import { wholeNumber } from './option-values.ts';

type WhyOptions = Readonly<{ port: number; host: string; output: string }>;

const timeoutMs = 10_000;

export function explainWhyCommand(context: CommandContext): Command {
  return new Command('why')
    .description(
      'Why windows of a running job have not fired: where the watermark is, and which partitions hold it there. And why rows do not come out: which were filtered, late, unreadable, or wait.',
    )
    .option('--port <port>', "of the job's HTTP server", wholeNumber(1, 65_535), 8081)
    .option('--host <address>', 'address of the HTTP server', '127.0.0.1')
    .option('--output <format>', 'text or json', 'text')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace explain why\n  millrace explain why --port 8082 --output json | jq .',
    )
    .action(async (options: WhyOptions) => context.exit(await why(options, context)));
}

async function why({ host, port, output }: WhyOptions, context: CommandContext): Promise<number> {
  const jobs = await runningJobs(`http://${host}:${port}/api/v1/jobs`, context.env.MILLRACE_TOKEN);
  const answers = jobs.map((job) => ({ job: job.name, now: job.now, vertices: heldWatermarks(job), audit: job.audit }));
  const text =
    output === 'json'
      ? `${JSON.stringify({ jobs: answers })}\n`
      : answers
          .map(
            ({ job, now, vertices, audit }) =>
              `${job}\n${vertices.map((each) => linesOf(each, now)).join('')}${auditLines(audit)}`,
          )
          .join('\n');
  await context.stdout.write(text);
  return exitCode.ok;
}

async function runningJobs(url: string, token: string | undefined): Promise<readonly JobStatus[]> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
    throw new EngineError('CONNECTION', `expected a job's HTTP server at ${url}, found none`, {
      hint: 'Give its --port: `millrace run` says it when it starts.',
      cause,
    });
  });
  if (!response.ok) throw new EngineError('CONNECTION', `${url}: expected status 200, got ${response.status}`);
  const { jobs } = (await response.json()) as { jobs: readonly JobStatus[] };
  return jobs;
}

function linesOf({ vertex, watermark, holders }: HeldWatermark, now: number): string {
  const at = watermark === null ? 'no watermark yet: no window fires' : `the watermark is ${instant(watermark)}`;
  const held = holders.map((holder) => `    ${holderText(holder)}\n`).join('');
  const advice = holders.some(({ quietMs }) => quietMs > quietAdviceMs)
    ? "    Partitions without rows hold the others back until 'table.exec.source.idle-timeout' (now unset or longer) lets them go.\n"
    : '';
  const none =
    watermark === null || held !== ''
      ? ''
      : `    nothing holds it back: it is ${durationText(Math.max(0, now - watermark))} behind the clock, as the rows are\n`;
  return `  ${vertex}\n    ${at}\n${held}${none}${advice}`;
}

/** Of each node, since the job began: as of the last checkpoint. */
function auditLines({ epochs, unbalanced, totals, findings }: JobAudit): string {
  if (epochs === 0) return '  rows: no checkpoint yet has accounted for them\n';
  const verdict =
    unbalanced === 0 ? `all ${epochs} checkpoints balance` : `${unbalanced} of ${epochs} checkpoints DO NOT balance`;
  const off = findings.flatMap(({ checkpointId, imbalances }) =>
    imbalances.map((imbalance) => `    checkpoint ${checkpointId}: ${imbalanceText(imbalance)}\n`),
  );
  const nodes = totals.map((node) => `    ${accountText(node)}\n`);
  return [`  rows: ${verdict}\n`, ...off, ...nodes].join('');
}

const quietAdviceMs = 5_000;

function holderText({ vertex, subtask, splitId, watermark, behindMs, quietMs }: Holder): string {
  const where = `${splitId} (subtask ${subtask} of ${vertex})`;
  const quiet = `its last row came ${durationText(quietMs)} ago`;
  if (watermark === null) return `held by ${where}: it has had no row yet`;
  const behind = behindMs === null ? '' : `, ${durationText(behindMs)} behind the furthest`;
  return `held by ${where}: at ${instant(watermark)}${behind}; ${quiet}`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
