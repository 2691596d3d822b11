/** What `millrace mirror failover` says to people. */
import type { FailoverGroup, FailoverReport, PartitionStand } from '../mirror/failover.ts';
import { textColumns } from '../topology/text-columns.ts';
import { groupedText } from './human.ts';

export function failoverText(report: FailoverReport): string {
  const { mirror, source, target, groups, losses, faults } = report;
  const asked = source.reachable ? '' : ` ${source.alias} can't be reached: groups stay where they were put last.`;
  return [
    `${mirror}: consumers of ${source.alias} go on at ${target.alias}.${asked}`,
    ...section('Partitions', report.partitions.map(partitionRow)),
    ...(groups.length === 0
      ? ['Consumer groups: none']
      : section('Consumer groups', [groupHead, ...groups.map((group) => groupRow(group, report))])),
    ...section(
      'Not carried',
      losses.map(({ topic, partition, from, to, cause }) => [`${topic}-${partition}`, `${range(from, to)}: ${cause}`]),
    ),
    ...section(
      'Not done',
      faults.map(({ what, error }) => [what, error.message]),
    ),
    summary(report),
  ].join('\n');
}

/** Whether every position stands where it should. */
export function isWhole({ groups, faults }: FailoverReport): boolean {
  return faults.length === 0 && groups.every(({ outcome }) => settled.has(outcome));
}

const settled: ReadonlySet<FailoverGroup['outcome']> = new Set(['moved', 'in-place', 'as-synced']);

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`${title}:`, ...textColumns(rows).map((line) => `  ${line}`)];
}

function partitionRow({ topic, partition, mirroredTo, sourceEnd, notMirrored }: PartitionStand): string[] {
  const missing = notMirrored === 0 ? 'all of it' : `${groupedText(notMirrored)} not at the target`;
  return [`${topic}-${partition}`, `copied to ${groupedText(mirroredTo)} of ${groupedText(sourceEnd)}`, missing];
}

const groupHead = ['group', 'partition', 'at the source', 'at the target', ''];

function groupRow(group: FailoverGroup, { partitions }: FailoverReport): string[] {
  const { topic, partition, source, before, after } = group;
  const [from, to] = [before, after].map((offset) => (offset === null ? 'none' : groupedText(offset)));
  const stand = partitions.find((one) => one.topic === topic && one.partition === partition);
  const place = from === to ? to! : `${from} → ${to}`;
  const read = source === null ? 'unknown' : groupedText(source);
  return [group.group, `${topic}-${partition}`, read, place, noteOf(group, stand?.mirroredTo ?? 0)];
}

function noteOf({ outcome, source }: FailoverGroup, mirroredTo: number): string {
  switch (outcome) {
    case 'in-place':
    case 'moved': {
      const ahead = (source ?? 0) - mirroredTo;
      return ahead > 0 ? `has read ${groupedText(ahead)} more than was copied` : '';
    }
    case 'as-synced':
      return 'as it was put last';
    case 'active-at-target':
      return 'NOT MOVED: it has members at the target';
    case 'target-ahead':
      return 'NOT MOVED: somebody has read on at the target; --rewind moves it back';
    case 'beyond-copy':
      return 'NOT MOVED: the copy ends before that';
    case 'ahead-of-mirror':
      return 'NOT MOVED: that is not copied';
  }
}

function summary({ groups, partitions }: FailoverReport): string {
  const moved = groups.filter(({ outcome }) => outcome === 'moved').length;
  const held = groups.filter(({ outcome }) => !settled.has(outcome)).length;
  const missing = partitions.reduce((sum, { notMirrored }) => sum + notMirrored, 0);
  const parts = [
    `${groupedText(groups.length)} positions, ${groupedText(moved)} moved`,
    ...(held > 0 ? [`${groupedText(held)} not where they should be`] : []),
    missing === 0 ? 'nothing left behind' : `${groupedText(missing)} offsets of the source not at the target`,
  ];
  return `${parts.join('; ')}.`;
}

function range(from: number, to: number): string {
  return `${groupedText(from)} to ${groupedText(to - 1)}`;
}
