/** A plan as a person reads it. */
import type { Change, TopologyPlan } from './plan.ts';
import type { Topology } from './topology.ts';

export function planText({ name, clusters }: Topology, plan: TopologyPlan): string {
  const { changes, conflicts, drift, mirrors, unreachable } = plan;
  const reached = clusters.length - unreachable.length;
  return [
    `${name}: ${reached} of ${clusters.length} clusters reached`,
    ...section('To do', changes.flatMap(changeLines)),
    ...section(
      'Conflicts: nothing is done until the file or the cluster changes',
      conflicts.flatMap(({ cluster, topic, message, hint }) => [`x ${cluster}  ${topic}: ${message}`, `    ${hint}`]),
    ),
    ...section(
      'Drift: left as it is',
      drift.map(({ cluster, topic, message }) => `! ${cluster}${topic === null ? '' : `  ${topic}`}: ${message}`),
    ),
    ...section(
      'Unreachable',
      unreachable.map(({ cluster, reason }) => `? ${cluster}: ${reason}`),
    ),
    ...section(
      'Mirrors to run',
      mirrors.map(({ name: mirror, from, to, topics, hasRun }) => {
        const state = hasRun === null ? 'target unreachable' : hasRun ? 'has run' : 'has not run yet';
        return `> ${mirror}: ${from} → ${to}, ${counted(topics.length, 'topic')} (${state})`;
      }),
    ),
    '',
    summary(plan),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function changeLines(change: Change): string[] {
  if (change.action !== 'create-topic') return [`~ ${changeText(change)}`];
  const configs = Object.entries(change.configs).map(([key, value]) => `${key}=${value}`);
  return [`+ ${changeText(change)}`, `    ${configs.sort().join('  ')}`];
}

/** One line. */
export function changeText(change: Change): string {
  const at = `${change.cluster}  ${change.topic}`;
  switch (change.action) {
    case 'create-topic':
      return `${at}: ${counted(change.partitions, 'partition')}, ${counted(change.replicationFactor, 'replica')}`;
    case 'add-partitions':
      return `${at}: partitions ${change.from} → ${change.to}`;
    case 'set-config':
      return `${at}: ${change.config} ${change.from ?? 'not set'} → ${change.to}`;
  }
}

const undone = { 'create-topic': 'to create', 'add-partitions': 'to grow', 'set-config': 'to set' } as const;
const done = { 'create-topic': 'created', 'add-partitions': 'grown', 'set-config': 'set' } as const;

/** `2 topics to create, 1 topic to grow, 3 configs to set`. */
function summary({ changes, conflicts, unreachable }: TopologyPlan): string {
  const parts = [
    ...changeCounts(changes, undone),
    ...(conflicts.length > 0 ? [counted(conflicts.length, 'conflict')] : []),
    ...(unreachable.length > 0 ? [counted(unreachable.length, 'unreachable cluster')] : []),
  ];
  return parts.length === 0 ? 'Nothing to do.' : `${parts.join(', ')}.`;
}

/** `2 topics created, 1 topic grown, 3 configs set`; empty when nothing was. */
export function doneText(changes: readonly Change[]): string {
  return changeCounts(changes, done).join(', ');
}

function changeCounts(changes: readonly Change[], words: typeof undone | typeof done): string[] {
  return (['create-topic', 'add-partitions', 'set-config'] as const).flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${counted(count, action === 'set-config' ? 'config' : 'topic')} ${words[action]}`];
  });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
