import { setTimeout as sleep } from 'node:timers/promises';
import { type Alteration, flipped, withRecords } from '../support/altering-proxy.ts';
import { anHourAgo, purge, type RawRecord, take } from '../support/audit-tiers.ts';
import { nameOf } from './answers.ts';
import { audited, type Bed, copied, perTopic, produce, until } from './bed.ts';
import type { BedTopic } from './data-centres.ts';
import { millrace } from './millrace.ts';

/** What has to be said of the copy of dc1: by `audit compare`, by the report of the auditors; nothing more and nothing less. */
export type Told = Readonly<{
  compare: readonly string[];
  auditors: readonly string[];
  /** Of what producers have counted against the local cluster, where anything has to be said there. */
  produced?: readonly string[];
}>;

/** A fault in a topic of its own. */
export type Fault = BedTopic &
  Readonly<{
    injected: string;
    /** What happens on the way between the source, or the target, and the mirror. */
    alteration?: Alteration;
    /** Produces the topic's records in dc1 and does what is done to them. */
    inject: (bed: Bed, fault: Fault) => Promise<Told>;
  }>;

const silent: Told = { compare: [], auditors: [] };

const compacted = {
  'cleanup.policy': 'compact',
  'segment.ms': '100',
  'min.cleanable.dirty.ratio': '0.01',
  'retention.ms': '-1',
};
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const names = (session: string, kind: string, sequences: readonly number[], cause = ''): string[] =>
  sequences.map((sequence) => `${kind} ${nameOf(session, sequence)}${cause}`);
const places = (kind: string, offsets: readonly number[]): string[] => offsets.map((offset) => `${kind} 0/${offset}`);

/** What the names of a topic's records have in common: producer, and host behind its length. */
const markerOf = (topic: string): string => `shop-${topic}\u0009test-host`;

/** Records of the topic are altered on their way from the mirror to the target. */
function onTheWay(name: string, change: (records: readonly RawRecord[]) => readonly RawRecord[]): Alteration {
  const alter = (batch: Buffer): Buffer =>
    withRecords(batch, (records) => {
      if (records.length !== perTopic)
        throw new Error(`${name}: expected a batch of all records, got ${records.length}`);
      return change(records);
    });
  return { way: 'to-broker', marker: markerOf(`metrics.${name}`), alter };
}

const without = (records: readonly RawRecord[], gone: readonly number[]): RawRecord[] =>
  records.filter((_, i) => !gone.includes(i));

/** In metrics: the mirror leaves its copies to themselves, and something between it and the target meddles with them. */
const meddledWith: readonly Fault[] = [
  {
    kind: 'metrics',
    name: 'drop',
    injected: '3 records dropped on the way',
    alteration: onTheWay('drop', (records) => without(records, [3, 50, 99])),
    inject: async (bed, fault) => {
      const session = await produce(bed, fault);
      const gone = [3, 50, 99];
      return { compare: places('missing', gone), auditors: names(session, 'missing', gone, ' (unknown)') };
    },
  },
  {
    kind: 'metrics',
    name: 'double',
    injected: '2 records doubled on the way',
    alteration: onTheWay('double', (records) => [...records, records[7]!, records[9]!]),
    inject: async (bed, fault) => {
      const session = await produce(bed, fault);
      return { compare: places('extra', [100, 101]), auditors: names(session, 'extra', [7, 9]) };
    },
  },
  {
    kind: 'metrics',
    name: 'drop-and-double',
    injected: '2 records dropped, 2 others doubled',
    alteration: onTheWay('drop-and-double', (r) => [...without(r, [10, 11]), r[20]!, r[21]!]),
    inject: async (bed, fault) => {
      const session = await produce(bed, fault);
      return {
        compare: [...places('missing', [10, 11]), ...places('extra', [98, 99])],
        auditors: [...names(session, 'missing', [10, 11], ' (unknown)'), ...names(session, 'extra', [20, 21])],
      };
    },
  },
  {
    kind: 'metrics',
    name: 'swap',
    injected: '2 neighbours swapped on the way',
    alteration: onTheWay('swap', (r) => [...r.slice(0, 30), r[31]!, r[30]!, ...r.slice(32)]),
    inject: async (bed, fault) => {
      const session = await produce(bed, fault);
      return { compare: places('reordered', [30, 31]), auditors: names(session, 'reordered', [30, 31]) };
    },
  },
];

let flips = 0;

/** In logs, whose mirror goes on behind losses; between it and the source bits flip. */
const lossy: readonly Fault[] = [
  {
    kind: 'logs',
    name: 'flip',
    injected: 'a byte flipped in transit, checksum made to fit',
    alteration: {
      way: 'from-broker',
      marker: markerOf('logs.flip'),
      alter: (batch) => flipped(batch, 'value 77', true),
    },
    inject: async (bed, fault) => {
      const session = await produce(bed, fault);
      return { compare: places('changed', [77]), auditors: names(session, 'changed', [77]) };
    },
  },
  {
    kind: 'logs',
    name: 'torn',
    injected: 'a byte flipped in transit, once: the checksum shows it, it is read again',
    alteration: {
      way: 'from-broker',
      marker: markerOf('logs.torn'),
      alter: (batch) => (flips++ === 0 ? flipped(batch, 'value 77', false) : null),
    },
    inject: async (bed, fault) => {
      await produce(bed, fault);
      return silent;
    },
  },
  {
    kind: 'logs',
    name: 'overtaken',
    injected: 'retention overtakes the mirror: 20 records are gone before they are copied',
    inject: async (bed, fault) => {
      const { centres, programs } = bed;
      await produce(bed, fault, 30);
      await copied(bed, fault, 30);
      const mirror = centres.mirrorName('logs', 'dc1');
      await programs.end(mirror, 'SIGTERM');
      const session = await produce(bed, fault, 40);
      await audited(bed, fault);
      await purge(centres.local('logs', 'dc1').bootstrap, 'logs.overtaken', 50);
      programs.start(mirror);
      await copied(bed, fault, 50);
      return {
        compare: ['retention 0/0-50', 'retention-overtook 0/30-50'],
        auditors: names(session, 'missing', range(0, 20), ' (retention-overtook)'),
      };
    },
  },
  {
    kind: 'logs',
    name: 'recreated',
    injected: 'the topic deleted and made anew after 30 records',
    inject: async (bed, fault) => {
      const local = bed.centres.local('logs', 'dc1');
      const session = await produce(bed, fault, 30);
      await copied(bed, fault, 30);
      await audited(bed, fault);
      await local.deleteTopic('logs.recreated');
      await until('logs.recreated: made anew', () =>
        local.createTopic('logs.recreated', 2).then(
          () => true,
          () => false,
        ),
      );
      await produce(bed, fault, 20);
      await copied(bed, fault, 50);
      return {
        compare: ['topic-recreated 0/0-30'],
        auditors: ['incomplete: source: the topic was made anew; what it held before is not known'],
        produced: names(session, 'missing', range(0, 30), ' (topic-recreated)'),
      };
    },
  },
];

/** In tracking, which the mirror reads over a way of 100 ms there and back. */
const legitimate: readonly Fault[] = [
  {
    kind: 'tracking',
    name: 'far',
    injected: '100 ms there and back between mirror and source',
    inject: async (bed, fault) => {
      for (let i = 0; i < 20; i++) await produce(bed, fault, perTopic * 5);
      return silent;
    },
  },
  {
    kind: 'tracking',
    name: 'aborted',
    injected: 'a transaction of 5 records aborted between others',
    inject: async (bed, fault) => {
      await produce(bed, fault, 50);
      const never = range(0, 5).map((i) => ({ key: `n${i}`, value: 'never', timestamp: anHourAgo }));
      await bed.centres.local('tracking', 'dc1').transaction('tracking.aborted', 0, never, 'abort');
      await produce(bed, fault, 50);
      return { compare: ['aborted 0/50-55', 'control 0/55-56'], auditors: [] };
    },
  },
  {
    kind: 'tracking',
    name: 'compacted',
    injected: 'source and copy compacted',
    configs: compacted,
    inject: async (bed, fault) => {
      await produce(bed, fault, perTopic, { key: (i) => `k${i % 10}` });
      await copied(bed, fault, perTopic);
      await audited(bed, fault); // what is gone before it was audited can't be told from what was lost
      const logs = [
        [bed.centres.local('tracking', 'dc1').bootstrap, 'tracking.compacted'],
        [bed.centres.aggregate('tracking').bootstrap, 'dc1.tracking.compacted'],
      ] as const;
      let ticks = 0;
      await until('tracking.compacted: compacted on both sides', async () => {
        // What is written last is not compacted: something has to follow.
        await produce(bed, fault, 1, { time: anHourAgo + ++ticks * 1_000, key: () => `tick ${ticks}` });
        const left = await Promise.all(logs.map(([bootstrap, topic]) => take(bootstrap, topic)));
        return left.every(({ length }) => length > 10 && length < perTopic / 2);
      });
      return silent;
    },
  },
];

/** Before anything else: it applies the topology once more, for which all clusters have to be there. */
export const grown: Fault = {
  kind: 'tracking',
  name: 'grown',
  injected: 'two partitions added while mirroring',
  inject: async (bed, fault) => {
    await produce(bed, fault);
    await copied(bed, fault, perTopic);
    await bed.centres.apply(topicsOf(4));
    for (const partition of [2, 3, 0]) await produce(bed, fault, perTopic, { partition });
    for (const partition of [2, 3]) await copied(bed, fault, perTopic, partition);
    return silent;
  },
};

/** In queueing: programs and brokers die. */
const crashes: readonly Fault[] = [
  {
    kind: 'queueing',
    name: 'killed-mirror',
    injected: 'kill -9 of the mirror, again and again',
    inject: (bed, fault) => producedMeanwhile(bed, fault, () => killed(bed, bed.centres.mirrorName('queueing', 'dc1'))),
  },
  {
    kind: 'queueing',
    name: 'killed-auditors',
    injected: 'kill -9 of both auditors, again and again',
    inject: (bed, fault) =>
      producedMeanwhile(bed, fault, () =>
        Promise.all(['auditor of local', 'auditor of aggregate'].map((name) => killed(bed, name))),
      ),
  },
  {
    kind: 'queueing',
    name: 'audited-twice',
    injected: 'every auditor twice at once; segments are made again from the log',
    inject: async (bed, fault) => {
      const seconds = ['local', 'aggregate'];
      for (const tier of seconds) bed.programs.start(`second auditor of ${tier}`, auditorOf(bed, tier));
      const told = await producedMeanwhile(bed, fault, () => sleep(2_000));
      await copied(bed, fault, 20 * 25);
      await until('queueing.audited-twice: the audit is sound', async () => {
        const verify = ['audit', 'verify', bed.centres.topologyFile, '--topics', 'queueing\\.audited-twice'];
        return (await millrace(...verify, '--grace', '1s', '--silent-after', '5m')).code === 0;
      });
      for (const tier of seconds) await bed.programs.end(`second auditor of ${tier}`, 'SIGTERM');
      return told;
    },
  },
  {
    kind: 'queueing',
    name: 'counts',
    injected: "a producer's counts lost, and repeated three times",
    inject: async (bed, fault) => {
      await produce(bed, fault, perTopic, { counts: 4 });
      return { ...silent, produced: [] };
    },
  },
  {
    kind: 'queueing',
    name: 'outage',
    injected: 'the broker of the target away for a minute',
    inject: async (bed, fault) => {
      const target = bed.centres.aggregate('queueing');
      await produce(bed, fault);
      await target.kill();
      await produce(bed, fault);
      await sleep(bed.outageMs);
      await target.restart();
      await produce(bed, fault);
      return silent;
    },
  },
];

/** Kind by kind: those of a kind one after the other, kinds side by side. */
export const faults: readonly (readonly Fault[])[] = [meddledWith, lossy, legitimate, crashes];

const traffic = (['queueing', 'metrics', 'logs', 'tracking'] as const).map((kind) => ({ kind, name: 'traffic' }));

/** All topics of the topology; `partitions`: of the one that grows. */
export function topicsOf(partitions = 2): readonly BedTopic[] {
  return [...traffic, ...faults.flat(), { ...grown, partitions }];
}

export function auditorOf({ centres }: Pick<Bed, 'centres'>, tier: string): readonly string[] {
  return ['audit', 'run', centres.topologyFile, '--tier', tier, '--interval', '1s', '--quiet'];
}

async function killed({ programs, kills }: Bed, name: string): Promise<void> {
  await programs.killAgainAndAgain(name, kills);
}

async function producedMeanwhile(bed: Bed, fault: Fault, work: () => Promise<unknown>): Promise<Told> {
  const producing = (async () => {
    for (let i = 0; i < 20; i++) {
      await produce(bed, fault, 25);
      await sleep(150);
    }
  })();
  await Promise.all([producing, work()]);
  return silent;
}
