// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${DIR} stands for a case's folder
// `npm run oracle`: random queries on a real Flink and here, and every difference kept as a case.
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Answer } from './answer.ts';
import { compare, type Verdict, verdicts } from './compare.ts';
import { faultOfFlink } from './faults.ts';
import { askFlink } from './flink.ts';
import { Millrace } from './millrace.ts';
import { features } from './queries.ts';
import { makeTrial, type Trial } from './trial.ts';

const usage = `usage: npm run oracle -- [options]

Runs random queries on a real Flink 2.x and on Millrace and compares the changelogs. Flink and Millrace have to see the same files.

  --gateway URL     Flink's SQL Gateway (default http://127.0.0.1:18083)
  --queries N       how many (default 200)
  --seed N          of the first query; the next ones count up (default 1)
  --features LIST   of ${features.join(', ')}
  --at-once N       how many run at the same time, at most as many as Flink has task slots (default 3)
  --out DIR         where differences are kept, a folder each, and refusals listed (default .millrace/oracle)
  --record FILE     append what gave the same rows, with Flink's answer, a line of JSON each`;

const { values } = parseArgs({
  options: {
    gateway: { type: 'string', default: 'http://127.0.0.1:18083' },
    queries: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    features: { type: 'string', default: features.join(',') },
    'at-once': { type: 'string', default: '3' },
    out: { type: 'string', default: '.millrace/oracle' },
    record: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const patienceMs = 60_000;

type Outcome = Readonly<{ trial: Trial; verdict: Verdict; flink: Answer; millrace: Answer }>;

async function run(trial: Trial, engine: Millrace): Promise<Outcome> {
  const { query, statements } = trial;
  const [flink, millrace] = await Promise.all([
    inTime(askFlink(values.gateway, statements)),
    inTime(engine.answer(statements)),
  ]);
  const compared = compare(flink, millrace, { folded: query.folded, zone: query.world.zone, statements });
  const known = !isHarmless(compared) && faultOfFlink(query, compared) !== undefined;
  return { trial, verdict: known ? 'fault of Flink' : compared, flink, millrace };
}

async function inTime(answer: Promise<Answer>): Promise<Answer> {
  const late = sleep(patienceMs, { error: `no answer within ${patienceMs} ms` }, { ref: false });
  return await Promise.race([answer, late]);
}

function isHarmless(verdict: Verdict): boolean {
  return verdict === 'same' || verdict === 'both refuse' || verdict === 'fault of Flink';
}

/** In the form of the oracle's cases, with what Millrace gave beside it. */
function keep({ trial, verdict, flink, millrace }: Outcome): void {
  const { directory, statements } = trial;
  const text = (answer: Answer): string =>
    'error' in answer ? answer.error : answer.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const script = statements.map((statement) => `${statement};\n`).join('');
  writeFileSync(join(directory, 'query.sql'), script.replaceAll(directory, '${DIR}'));
  writeFileSync(join(directory, 'error' in flink ? 'expected_error.txt' : 'expected.jsonl'), text(flink));
  writeFileSync(join(directory, 'millrace.txt'), text(millrace));
  writeFileSync(join(directory, 'note.txt'), `${verdict}\n`);
}

function tell({ trial, verdict, flink, millrace }: Outcome): void {
  const said = 'error' in millrace ? millrace.error : 'error' in flink ? flink.error : '';
  process.stderr.write(`${trial.query.feature}-${trial.seed}: ${verdict} ${said.split('\n')[0]}\n`);
}

function record({ trial, verdict, flink }: Outcome, file: string): void {
  if (verdict !== 'same' || 'error' in flink || flink.rows.length === 0) return;
  const { directory, files, query, seed } = trial;
  const statements = trial.statements.map((statement) => statement.replaceAll(directory, '${DIR}'));
  const { folded, world } = query;
  const line = { name: `${query.feature}-${seed}`, folded, zone: world.zone, statements, files, ...flink };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** What nobody answers tells nothing: whether the two mean the same is to be read in this file. */
function noteRefusal({ trial, flink, millrace }: Outcome): void {
  const said = (answer: Answer): string => ('error' in answer ? answer.error.split('\n')[0]! : '');
  const head = `${trial.query.feature}-${trial.seed}: ${trial.query.statements.join('; ')}`;
  appendFileSync(join(resolve(values.out), 'refused.txt'), `${head}\n  ${said(flink)}\n  ${said(millrace)}\n`);
}

function finish(outcome: Outcome): void {
  if (values.record !== undefined) record(outcome, values.record);
  if (outcome.verdict === 'both refuse') noteRefusal(outcome);
  if (isHarmless(outcome.verdict)) rmSync(outcome.trial.directory, { recursive: true, force: true });
  else {
    keep(outcome);
    tell(outcome);
  }
}

const heads = ['known', 'same', 'refused', 'rows', 'changes', 'Flink', 'Millrace'];

function report(outcomes: readonly Outcome[]): void {
  const line = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(26)}${cells.map((cell) => String(cell).padStart(8)).join('')}\n`;
  const counts = (own: readonly Outcome[]): number[] =>
    verdicts.map((verdict) => own.filter((each) => each.verdict === verdict).length);
  const lines = features.flatMap((feature) => {
    const own = outcomes.filter(({ trial }) => trial.query.feature === feature);
    return own.length === 0 ? [] : [line(feature, counts(own))];
  });
  process.stdout.write(`${line('', heads)}${lines.join('')}${line('all', counts(outcomes))}`);
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const out = resolve(values.out);
  const chosen = values.features.split(',');
  const [first, count] = [Number(values.seed), Number(values.queries)];
  const atOnce = Number(values['at-once']);
  const engine = new Millrace(atOnce);
  const outcomes: Outcome[] = [];
  let seed = first;
  const work = async (): Promise<void> => {
    while (seed < first + count) {
      const own = seed++;
      const feature = chosen[own % chosen.length]!;
      const outcome = await run(makeTrial(own, feature, join(out, `${feature}-${own}`)), engine);
      outcomes.push(outcome);
      finish(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  await engine.close();
  report(outcomes);
  // What Flink refuses and Millrace answers is no wrong row.
  const differences = outcomes.filter(
    ({ verdict }) => !isHarmless(verdict) && verdict !== 'only Millrace answers',
  ).length;
  process.stdout.write(`${outcomes.length} queries, ${differences} differences (${out})\n`);
  return differences === 0 ? 0 : 8;
}

process.exit(await main());
