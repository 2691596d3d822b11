// `npm run oracle`: random queries on a real Flink and here, and every difference kept as a case.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compare, type Verdict } from './compare.ts';
import { makeDataset } from './data.ts';
import { type Answer, askFlink } from './flink.ts';
import { askMillrace } from './millrace.ts';
import { type Feature, features, type GeneratedQuery, isFaultOfFlink, makeQuery } from './queries.ts';
import { Random } from './random.ts';

const usage = `usage: npm run oracle -- [options]

Runs random queries on a real Flink 2.x and on Millrace and compares the changelogs. Flink and Millrace have to see the same files.

  --gateway URL     Flink's SQL Gateway (default http://127.0.0.1:18083)
  --queries N       how many (default 200)
  --seed N          of the first query; query n has the seed N + n (default 1)
  --features LIST   of ${features.join(', ')}
  --out DIR         where differences are kept, a folder each (default .millrace/oracle)`;

const { values } = parseArgs({
  options: {
    gateway: { type: 'string', default: 'http://127.0.0.1:18083' },
    queries: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    features: { type: 'string', default: features.join(',') },
    out: { type: 'string', default: '.millrace/oracle' },
    help: { type: 'boolean', default: false },
  },
});

const settings = [
  "SET 'table.local-time-zone' = 'UTC'",
  "SET 'parallelism.default' = '1'",
  "SET 'pipeline.auto-watermark-interval' = '0 ms'",
  "SET 'execution.runtime-mode' = 'streaming'",
  "SET 'restart-strategy.type' = 'none'",
];

function isHarmless(verdict: Verdict): boolean {
  return verdict === 'same' || verdict === 'both refuse' || verdict === 'fault of Flink';
}

type Outcome = Readonly<{ query: GeneratedQuery; verdict: Verdict; flink: Answer; millrace: Answer }>;

async function tryOne(seed: number, feature: Feature, out: string): Promise<Outcome> {
  const random = new Random(seed * 7919);
  const directory = join(out, `${feature}-${seed}`);
  mkdirSync(directory, { recursive: true });
  const query = makeQuery(random, feature);
  const { ddl } = makeDataset(random, directory, query.folded ? 'none' : 'some');
  const setup = [...settings, ...ddl.split(/;\s*/).filter((text) => text !== '')];
  const flink = await inTime(askFlink(values.gateway, setup, query.sql));
  const millrace = await inTime(askMillrace(setup, query.sql, join(directory, 'data')));
  const compared = compare(flink, millrace, query.folded);
  const verdict = compared !== 'same' && isFaultOfFlink(query) ? 'fault of Flink' : compared;
  if (isHarmless(verdict)) rmSync(directory, { recursive: true, force: true });
  else keep(directory, [...setup, query.sql], flink, millrace, verdict);
  return { query, verdict, flink, millrace };
}

const patienceMs = 60_000;

async function inTime(answer: Promise<Answer>): Promise<Answer> {
  const late = sleep(patienceMs, { error: `no answer within ${patienceMs} ms` }, { ref: false });
  return await Promise.race([answer, late]);
}

/** In the form of the oracle's cases, with what Millrace gave beside it. */
function keep(directory: string, script: readonly string[], flink: Answer, millrace: Answer, verdict: Verdict): void {
  rmSync(join(directory, 'data'), { recursive: true, force: true });
  const text = (answer: Answer): string =>
    'error' in answer ? answer.error : answer.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const statements = script.map((statement) => `${statement};\n`).join('');
  writeFileSync(join(directory, 'query.sql'), statements.replaceAll(directory, '${DIR}'));
  writeFileSync(join(directory, 'error' in flink ? 'expected_error.txt' : 'expected.jsonl'), text(flink));
  writeFileSync(join(directory, 'millrace.txt'), text(millrace));
  writeFileSync(join(directory, 'note.txt'), `${verdict}\n`);
}

function report(outcomes: readonly Outcome[]): void {
  const verdicts: readonly Verdict[] = [
    'fault of Flink',
    'same',
    'both refuse',
    'different rows',
    'different changes',
    'only Flink answers',
    'only Millrace answers',
  ];
  const lines = features.flatMap((feature) => {
    const own = outcomes.filter(({ query }) => query.feature === feature);
    if (own.length === 0) return [];
    const counts = verdicts.map((verdict) => String(own.filter((each) => each.verdict === verdict).length).padStart(8));
    return [`${feature.padEnd(16)}${counts.join('')}`];
  });
  const heads = ['known', 'same', 'refused', 'rows', 'changes', 'Flink', 'Millrace']
    .map((head) => head.padStart(8))
    .join('');
  process.stdout.write(`${''.padEnd(16)}${heads}\n${lines.join('\n')}\n`);
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const out = resolve(values.out);
  const chosen = values.features.split(',') as Feature[];
  const outcomes: Outcome[] = [];
  const [first, count] = [Number(values.seed), Number(values.queries)];
  for (let n = 0; n < count; n++) {
    const feature = chosen[n % chosen.length]!;
    const outcome = await tryOne(first + n, feature, out);
    outcomes.push(outcome);
    if (isHarmless(outcome.verdict)) continue;
    const said =
      'error' in outcome.millrace ? outcome.millrace.error : 'error' in outcome.flink ? outcome.flink.error : '';
    process.stderr.write(`${feature}-${first + n}: ${outcome.verdict} ${said.split('\n')[0]}\n`);
  }
  report(outcomes);
  // What Flink refuses and Millrace answers is no wrong row.
  const differences = outcomes.filter(
    ({ verdict }) => !isHarmless(verdict) && verdict !== 'only Millrace answers',
  ).length;
  process.stdout.write(`${outcomes.length} queries, ${differences} differences (${out})\n`);
  return differences === 0 ? 0 : 8;
}

process.exit(await main());
