/**
 * The mirror beside MirrorMaker 2, between the same two brokers and in the same run, each a process of its own. In turn, in rounds, so that
 * a busy moment of the machine hits all alike. Every copy that the mirror makes is held against its source by Kafka's own consumer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type TestKafka } from '../test/support/testbed/kafka.ts';
import { hasJava } from '../test/support/testbed/maven.ts';
import { Auditor } from './mirror/auditors.ts';
import { checkCopy } from './mirror/compare-copy.ts';
import {
  type Contender,
  type CopyJob,
  contenders,
  copyName,
  mirrorFile,
  mirrorMakerFile,
  mirrorMakerVersion,
} from './mirror/contender.ts';
import { type CopyRun, runCopy } from './mirror/copy-run.ts';
import type { MeasuredKind, MirrorResult, MirrorRun } from './mirror/mirror-result.ts';
import { loadRecords, type RecordKind, recordKinds } from './mirror/record-kind.ts';
import { canMeasureChildren, runMeasured } from './support/child-run.ts';
import { root } from './support/machine.ts';
import { isSmoke, parameter } from './support/parameter.ts';

type Side = Readonly<{ source: TestKafka; target: TestKafka; directory: string; progress: (text: string) => void }>;

/** null where there is no Java to run Kafka, or no /proc. */
export async function benchMirror(progress: (text: string) => void): Promise<MirrorResult | null> {
  if (!hasJava() || !canMeasureChildren()) return null;
  const kinds = recordKinds({
    large: parameter('mirror_large_records', 2_000, 750_000),
    small: parameter('mirror_small_records', 4_000, 3_000_000),
  }).slice(0, parameter('mirror_kinds', 1, 2));
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  progress('starting two brokers');
  const brokers = await Promise.all([startKafka({ optimized: !isSmoke }), startKafka({ optimized: !isSmoke })]);
  try {
    const [source, target] = brokers;
    return await measure({ source, target, directory, progress }, kinds);
  } finally {
    await Promise.all(brokers.map((broker) => broker.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(side: Side, kinds: readonly RecordKind[]): Promise<MirrorResult> {
  const rounds = parameter('mirror_rounds', 1, 2);
  const taking = contenders.slice(0, parameter('mirror_contenders', 2, contenders.length));
  const measured: MeasuredKind[] = [];
  for (const kind of kinds) {
    side.progress(`loading ${kind.records} records of ${kind.name}`);
    const batchBytes = await loadRecords(side.source, kind);
    measured.push({ ...kind, batchBytes, contenders: taking.map(({ name, role }) => ({ name, role, runs: [] })) });
  }
  const isAudited = taking.some(({ role }) => role === 'audited');
  const auditorStart = isAudited && !isSmoke ? await idleAuditor(side) : 0;
  for (let round = 1; round <= rounds; round++) {
    for (const kind of measured) {
      for (const [i, contender] of taking.entries()) {
        side.progress(`round ${round} of ${rounds}, ${kind.name}: ${contender.name}`);
        const job = jobOf(side, kind, `${contender.role}-${kind.topic}-${round}`);
        kind.contenders[i]!.runs.push(await measureOne(contender, job, side, auditorStart));
      }
    }
  }
  return {
    versions: { mirrorMaker: mirrorMakerVersion, java: await javaVersion() },
    files: files(kinds.at(-1)!),
    kinds: measured,
  };
}

async function measureOne(contender: Contender, job: CopyJob, side: Side, auditorStart: number): Promise<MirrorRun> {
  const run =
    contender.role === 'audited'
      ? await runAudited(contender, job, auditorStart)
      : { ...(await runCopy(contender, job, () => Promise.resolve())), auditors: null };
  if (contender.ends) {
    side.progress(`${contender.name}: holding the copy against its source`);
    await checkCopy(job);
  }
  await side.target.deleteTopic(copyName(job));
  return run;
}

/** The source's auditor begins with the mirror, the target's when the copy is there. */
async function runAudited(contender: Contender, job: CopyJob, start: number): Promise<MirrorRun> {
  const { alias, kind, directory } = job;
  const auditors = [await Auditor.start(job.source, `${alias}-source`, kind.topic, directory)];
  try {
    const run: CopyRun = await runCopy(contender, job, async () => {
      auditors.push(await Auditor.start(job.target, `${alias}-target`, copyName(job), directory));
    });
    const usages = await Promise.all(auditors.map((auditor) => auditor.finish(kind.records)));
    return {
      ...run,
      auditors: usages.map(({ cpuSeconds, peakRssMb }) => ({ cpuSeconds: Math.max(0, cpuSeconds - start), peakRssMb })),
    };
  } catch (error) {
    await Promise.all(auditors.map((auditor) => auditor.kill()));
    throw error;
  }
}

/** CPU seconds of one that has nothing to audit. */
async function idleAuditor({ source, directory, progress }: Side): Promise<number> {
  progress('an auditor with nothing to do');
  const auditor = await Auditor.start(source.bootstrap, 'idle', 'none', directory);
  return (await auditor.finish(0)).cpuSeconds;
}

function jobOf({ source, target, directory }: Side, kind: RecordKind, alias: string): CopyJob {
  return { alias, kind, source: source.bootstrap, target: target.bootstrap, directory };
}

/** What the processes were told. */
function files(kind: RecordKind): MirrorResult['files'] {
  const job = { alias: 'alias', kind, source: '127.0.0.1:9092', target: '127.0.0.1:9192', directory: '.' };
  return { millrace: mirrorFile(job), default: mirrorMakerFile(job, false), tuned: mirrorMakerFile(job, true) };
}

async function javaVersion(): Promise<string> {
  const { stderr } = await runMeasured({ program: 'java', args: ['-version'], cwd: root });
  return stderr.split('\n')[0]!;
}
