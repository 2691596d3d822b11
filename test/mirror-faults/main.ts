// `npm run faults:mirror`: two data centres, four kinds of traffic, twelve Kafka clusters; a fault of each sort, and what the audit says of it.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { AuditReport } from '../../src/audit/report/tier-report.ts';
import { type AlteringProxy, alteringProxy } from '../support/altering-proxy.ts';
import { type DelayingProxy, delayingProxy } from '../support/delaying-proxy.ts';
import { auditorsAnswer, auditReport, compareAnswer } from './answers.ts';
import { type Bed, produce } from './bed.ts';
import { type DataCentre, DataCentres, kinds } from './data-centres.ts';
import { type Detection, detectionTable, isRight } from './detection-table.ts';
import { auditorOf, type Fault, faults, grown, type Told, topicsOf } from './faults.ts';
import { Programs } from './programs.ts';
import { simulate } from './traffic.ts';

const usage = `usage: npm run faults:mirror -- [options]

Starts twelve Kafka brokers (some 6 GB of memory), the mirrors and auditors of a topology of two data centres and four kinds of traffic, and
simulated traffic in all of it; injects a fault of each sort and prints what the audit says of it. Ends with 1 where an answer is wrong.

  --outage SECONDS  how long the target's broker is away (default 60)
  --kills N         how often mirror and auditors are killed (default 5)
  --devices N       of the simulated fleet of each local cluster, each reports once a second (default 40)
  --out FILE        the detections as JSON`;

const { values } = parseArgs({
  options: {
    outage: { type: 'string', default: '60' },
    kills: { type: 'string', default: '5' },
    devices: { type: 'string', default: '40' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const began = performance.now();
const settledMs = 600_000;

function say(text: string): void {
  process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}\n`);
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const programs = new Programs();
  const proxies: (AlteringProxy | DelayingProxy)[] = [];
  const centres = await DataCentres.start(say);
  try {
    say(await centres.apply(topicsOf()));
    const bed: Bed = { centres, programs, outageMs: Number(values.outage) * 1_000, kills: Number(values.kills) };
    await startPrograms(bed, proxies);
    const expected = await faultsAmongTraffic(bed);
    const report = await settledReport(bed);
    const detections = await detectionsOf(bed, expected, report);
    const failures = [...programs.ended, ...proxies.flatMap(faultsOfProxy)];
    for (const failure of failures) say(failure);
    process.stdout.write(`${detectionTable(detections)}\n`);
    if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(detections, null, 2)}\n`);
    const wrong = detections.filter((each) => !isRight(each));
    for (const each of wrong) process.stdout.write(`\nWRONG: ${JSON.stringify(each, null, 1)}\n`);
    return wrong.length + failures.length === 0 ? 0 : 1;
  } finally {
    await programs.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await centres.stop();
  }
}

/** A fault that was not injected at all must not pass for one that does no harm. */
function faultsOfProxy(proxy: AlteringProxy | DelayingProxy): readonly string[] {
  if (!('failures' in proxy)) return [];
  return [...proxy.failures, ...proxy.untouched.map((marker) => `nothing was altered of ${JSON.stringify(marker)}`)];
}

/** A process for each of the eight mirrors, those of dc1 behind what meddles with them or delays them, and one for the auditors of each tier. */
async function startPrograms({ centres, programs }: Bed, proxies: (AlteringProxy | DelayingProxy)[]): Promise<void> {
  const all = faults.flat().flatMap(({ alteration }) => (alteration === undefined ? [] : [alteration]));
  const [target, source, far] = [
    centres.aggregate('metrics').bootstrap,
    centres.local('logs', 'dc1').bootstrap,
    centres.local('tracking', 'dc1').bootstrap,
  ];
  const toTarget = await alteringProxy(
    target,
    all.filter(({ way }) => way === 'to-broker'),
  );
  const fromSource = await alteringProxy(
    source,
    all.filter(({ way }) => way === 'from-broker'),
  );
  const longWay = await delayingProxy(far, 50);
  proxies.push(toTarget, fromSource, longWay);
  const files = await centres.mirrorFiles(
    new Map([
      [centres.mirrorName('metrics', 'dc1'), [target, toTarget.bootstrap]],
      [centres.mirrorName('logs', 'dc1'), [source, fromSource.bootstrap]],
      [centres.mirrorName('tracking', 'dc1'), [far, longWay.bootstrap]],
    ]),
  );
  for (const tier of ['local', 'aggregate']) programs.start(`auditor of ${tier}`, auditorOf({ centres }, tier));
  for (const file of files) programs.start(/([^/]+)\.yaml$/.exec(file)![1]!, ['mirror', file, '--quiet']);
  say(`${files.length} mirrors and 2 auditors run`);
}

/** Records of each topic in dc2, which nobody touches; simulated traffic in all eight local clusters; faults in dc1. By fault, what is to be told. */
async function faultsAmongTraffic(bed: Bed): Promise<Map<Fault, Told>> {
  const over = new AbortController();
  const traffic = kinds.flatMap((kind) =>
    (['dc1', 'dc2'] as const).map((at) =>
      simulate(
        `${at}-${kind}`,
        bed.centres.local(kind, at).bootstrap,
        `${kind}.traffic`,
        Number(values.devices),
        over.signal,
      ),
    ),
  );
  const expected = new Map<Fault, Told>();
  const inject = async (fault: Fault): Promise<void> => {
    await produce(bed, fault, 100, {}, 'dc2');
    expected.set(fault, await fault.inject(bed, fault));
    say(`${fault.kind}: ${fault.injected}`);
  };
  await inject(grown);
  await Promise.all(
    faults.map(async (some) => {
      for (const fault of some) await inject(fault);
    }),
  );
  over.abort();
  const totals = await Promise.all(traffic);
  say(`${totals.reduce((sum, { records }) => sum + records, 0)} simulated records in ${totals.length} local clusters`);
  return expected;
}

/** What auditors say once it does not change any more. */
async function settledReport({ centres }: Bed): Promise<AuditReport> {
  const deadline = performance.now() + settledMs;
  const told = (report: AuditReport): string =>
    JSON.stringify(
      report.tiers.map(({ buckets, state }) => [state, buckets.map(({ latencyMs, ...bucket }) => bucket)]),
    );
  const open = (report: AuditReport): string[] =>
    report.tiers.flatMap(({ target, buckets }) =>
      buckets.flatMap(({ state, because }) =>
        state === 'open' ? [`${target.cluster} ${target.topic}: ${because}`] : [],
      ),
    );
  let report = await auditReport(centres);
  for (let before = ''; told(report) !== before || open(report).length > 0; ) {
    if (performance.now() > deadline) {
      say(`it still changes, or is open: ${open(report).join('; ')}`);
      break;
    }
    before = told(report);
    await sleep(4_000);
    report = await auditReport(centres);
  }
  say('the auditors have seen all');
  return report;
}

async function detectionsOf(
  bed: Bed,
  expected: ReadonlyMap<Fault, Told>,
  report: AuditReport,
): Promise<readonly Detection[]> {
  const { centres } = bed;
  const answer = async (at: DataCentre, kind: Fault['kind'], name: string): Promise<Told> => ({
    compare: await compareAnswer(centres, kind, at, name),
    auditors: auditorsAnswer(report, centres.clusterName(kind, 'aggregate'), `${at}.${kind}.${name}`),
    produced: auditorsAnswer(report, centres.clusterName(kind, at), `${kind}.${name}`),
  });
  const linesOf = ({ compare, auditors, produced = [] }: Told): readonly string[] => [
    ...compare,
    ...auditors,
    ...produced,
  ];
  const detections: Detection[] = [];
  for (const [fault, told] of expected) {
    const found = await answer('dc1', fault.kind, fault.name);
    const elsewhere = linesOf(await answer('dc2', fault.kind, fault.name));
    detections.push({ fault: fault.name, injected: fault.injected, expected: told, found, elsewhere });
    if (!isRight(detections.at(-1)!)) say(`${fault.name}: ${JSON.stringify({ told, found, elsewhere })}`);
  }
  for (const kind of kinds) {
    const found = await answer('dc1', kind, 'traffic');
    const elsewhere = linesOf(await answer('dc2', kind, 'traffic'));
    const injected = `nothing: simulated traffic of ${kind}, all the while`;
    detections.push({ fault: 'none', injected, expected: { compare: [], auditors: [] }, found, elsewhere });
  }
  return detections;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
