import type { KafkaCluster } from '../kafka/cluster.ts';
import { commitOffsets, committedOffsets, type GroupPosition, groupPositions } from '../kafka/group-offsets.ts';
import { describeGroups, isIdle, listGroups } from '../kafka/groups.ts';
import { listOffsets, offsetSpec, partitionId, type TopicPartition } from '../kafka/offsets.ts';
import { isEngineError } from '../model/errors.ts';
import {
  decide,
  type GroupDecision,
  type GroupFacts,
  type HoldReason,
  type SyncedPosition,
} from './group-translation.ts';
import { sideBySide } from './side-by-side.ts';
import { orFault, type SyncFault } from './sync-fault.ts';
import type { ProgressOf } from './topic-pair.ts';

/** Positions of consumer groups, translated exactly. A group with living members at the target is never touched: the broker refuses it too. */

/** What became of one position. */
export type GroupOutcome = Readonly<{
  group: string;
  topic: string;
  partition: number;
  targetTopic: string;
  /** The group's position at the source. */
  source: number;
  /** At the target before; null: none. */
  before: number | null;
  /** At the target now. */
  after: number | null;
  outcome: 'moved' | 'in-place' | HoldReason;
}>;

export type GroupSyncOptions = Readonly<{
  source: KafkaCluster;
  target: KafkaCluster;
  /** Which groups are carried, by name. */
  isCarried: (group: string) => boolean;
  targetTopic: (topic: string) => string;
  progressOf: ProgressOf;
  /** As `GroupFacts` has them. */
  final?: boolean;
  rewind?: boolean;
}>;

type Considered = Readonly<{ position: GroupPosition; copy: TopicPartition; facts: GroupFacts }> & {
  decision: GroupDecision;
};

/** Groups looked at side by side. */
const concurrency = 8;

/** Groups of consumers, and those that only hold positions; not Connect's workers, nor the groups of share and streams consumers. */
const carriedTypes: ReadonlySet<string> = new Set(['consumer', '']);

/** Keeps the positions of groups alike. One a mirror: it remembers where it has put them. */
export class GroupSync {
  readonly #options: GroupSyncOptions;
  #before: ReadonlyMap<string, SyncedPosition> = new Map();

  constructor(options: GroupSyncOptions) {
    this.#options = options;
  }

  /** Every position of every carried group in a mirrored partition, and what became of it. */
  async once(faults: SyncFault[]): Promise<GroupOutcome[]> {
    const listed = await listGroups(this.#options.source);
    const groups = listed.filter(
      ({ group, protocolType }) => carriedTypes.has(protocolType) && this.#options.isCarried(group),
    );
    const done = await sideBySide(groups, concurrency, ({ group }) =>
      orFault(faults, `group '${group}'`, () => this.#syncGroup(group)),
    );
    const outcomes = done.flatMap((group) => group ?? []);
    const next = new Map<string, SyncedPosition>();
    for (const { group, topic, partition, source, after, outcome } of outcomes) {
      const id = keyOf(group, { topic, partition });
      const before = this.#before.get(id);
      if (outcome === 'moved' || outcome === 'in-place') next.set(id, { source, target: after! });
      else if (before !== undefined) next.set(id, before);
    }
    this.#before = next;
    return outcomes.sort(byGroup);
  }

  async #syncGroup(group: string): Promise<GroupOutcome[]> {
    const considered = await this.#consider(group);
    await this.#bound(considered.filter(({ decision }) => decision.kind !== 'in-place' && decision.to !== null));
    await this.#carryOut(
      group,
      considered.filter(({ decision }) => decision.kind === 'move'),
    );
    return considered.map((one) => outcomeOf(group, one));
  }

  async #consider(group: string): Promise<Considered[]> {
    const { source, target, targetTopic, progressOf, final, rewind } = this.#options;
    const positions = await groupPositions(source, group);
    const known = positions.flatMap((position) => {
      const progress = progressOf(position.topic, position.partition);
      const copy = { topic: targetTopic(position.topic), partition: position.partition };
      return progress === null ? [] : [{ position, progress, copy }];
    });
    if (known.length === 0) return [];
    const copies = known.map(({ copy }) => copy);
    const there = await committedOffsets(target, group, copies);
    return known.map(({ position, progress, copy }) => {
      const present = there.get(partitionId(copy)) ?? null;
      const before = this.#before.get(keyOf(group, position)) ?? null;
      const facts = { progress, present, before, final, rewind };
      return { position, copy, facts, decision: decide(position.offset, facts) };
    });
  }

  /** Decides once more, with what the copies really have: only where a position would change. */
  async #bound(considered: readonly Considered[]): Promise<void> {
    if (considered.length === 0) return;
    const { target } = this.#options;
    const copies = considered.map(({ copy }) => copy);
    const [first, end] = await Promise.all([
      listOffsets(target, copies, offsetSpec.earliest, false),
      listOffsets(target, copies, offsetSpec.latest, false),
    ]);
    for (const one of considered) {
      const id = partitionId(one.copy);
      one.decision = decide(one.position.offset, { ...one.facts, first: first.get(id) });
      if (one.decision.kind === 'move' && one.decision.to > end.get(id)!) hold([one], 'beyond-copy');
    }
  }

  /** Commits, or turns into holds what must not be. */
  async #carryOut(group: string, moves: readonly Considered[]): Promise<void> {
    if (moves.length === 0) return;
    const { target } = this.#options;
    const [described] = await describeGroups(target, [group]);
    if (!isIdle(described!)) return hold(moves, 'active-at-target');
    const positions = moves.map(({ copy, position, decision }) => {
      return { ...copy, offset: decision.to!, metadata: position.metadata ?? null };
    });
    try {
      await commitOffsets(target, group, positions);
    } catch (error) {
      if (!isEngineError(error) || error.code !== 'CONFLICT') throw error;
      hold(moves, 'active-at-target'); // somebody has joined just now
    }
  }
}

function hold(moves: readonly Considered[], reason: HoldReason): void {
  for (const move of moves) move.decision = { kind: 'hold', reason, to: move.decision.to };
}

function outcomeOf(group: string, { position, copy, facts, decision }: Considered): GroupOutcome {
  const { topic, partition, offset } = position;
  const { present } = facts;
  return {
    group,
    topic,
    partition,
    targetTopic: copy.topic,
    source: offset,
    before: present,
    after: decision.kind === 'hold' ? present : decision.to,
    outcome: decision.kind === 'hold' ? decision.reason : decision.kind === 'move' ? 'moved' : 'in-place',
  };
}

function keyOf(group: string, { topic, partition }: TopicPartition): string {
  return JSON.stringify([group, topic, partition]);
}

/** By group, then by partition. */
export function byGroup(a: TopicPartition & { group: string }, b: TopicPartition & { group: string }): number {
  return a.group === b.group ? byPartition(a, b) : a.group < b.group ? -1 : 1;
}

/** By topic, then by number. */
export function byPartition(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
}
