import { setTimeout as sleep } from 'node:timers/promises';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { type Production, produceAudited } from '../support/audit-tiers.ts';
import { withCluster } from '../support/mirror-run.ts';
import { auditorsAnswer, auditReport } from './answers.ts';
import type { BedTopic, DataCentre, DataCentres } from './data-centres.ts';
import type { Programs } from './programs.ts';

/** What faults are injected into: data centres, and the mirrors and auditors between them. */
export type Bed = Readonly<{
  centres: DataCentres;
  programs: Programs;
  /** How long a broker is away. */
  outageMs: number;
  /** How often a program is killed. */
  kills: number;
}>;

export const perTopic = 100;
const patienceMs = 600_000; // on a machine that may have more to do

/** Produces what each topic gets, or more of it. Returns the session that names the records. */
export function produce(
  { centres }: Bed,
  { kind, name }: BedTopic,
  count = perTopic,
  more: Production = {},
  at: DataCentre = 'dc1',
): Promise<string> {
  return produceAudited(centres.local(kind, at).bootstrap, `${kind}.${name}`, count, more);
}

/** Until the copy of a partition has so many offsets. */
export async function copied(bed: Bed, { kind, name }: BedTopic, count: number, partition = 0): Promise<void> {
  const place = { topic: `dc1.${kind}.${name}`, partition };
  await until(`${kind}.${name}, partition ${partition}: ${count} records copied`, () =>
    withCluster(bed.centres.aggregate(kind).bootstrap, async (cluster) => {
      const ends = await listOffsets(cluster, [place], offsetSpec.latest, false);
      return [...ends.values()][0]! >= count;
    }),
  );
}

/** Until auditors beside the local cluster have seen all that producers have counted. */
export async function audited({ centres }: Bed, { kind, name }: BedTopic): Promise<void> {
  await until(`${kind}.${name}: audited`, async () => {
    const report = await auditReport(centres, `${kind}\\.${name}`);
    return auditorsAnswer(report, centres.clusterName(kind, 'dc1'), `${kind}.${name}`).length === 0;
  });
}

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs / 1_000} s: ${what}`);
    await sleep(250);
  }
}
