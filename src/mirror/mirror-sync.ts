import type { Acl } from '../kafka/acls.ts';
import type { TopicConfigChange } from '../kafka/topic-configs.ts';
import { AclSync } from './sync-acls.ts';
import { syncConfigs } from './sync-configs.ts';
import { orFault, type SyncFault } from './sync-fault.ts';
import { type GroupOutcome, GroupSync, type GroupSyncOptions } from './sync-groups.ts';
import { type Growth, syncPartitions } from './sync-partitions.ts';
import type { TopicPair } from './topic-pair.ts';

/** What is to be kept alike beside records and partitions. */
export type SyncParts = Readonly<{ configs: boolean; acls: boolean; groups: boolean }>;

/** What a round has changed, and what it could not. */
export type SyncReport = Readonly<{
  partitions: readonly Growth[];
  configs: readonly TopicConfigChange[];
  aclsAdded: readonly Acl[];
  aclsRemoved: readonly Acl[];
  /** Every position that was looked at. */
  groups: readonly GroupOutcome[];
  faults: readonly SyncFault[];
}>;

/** Keeps alike what belongs to topics beside their records, for one process at a time of a mirror. A round after the other. */
export class MirrorSync {
  readonly #options: GroupSyncOptions;
  readonly #parts: SyncParts;
  readonly #acls: AclSync;
  readonly #groups: GroupSync;

  constructor(options: GroupSyncOptions, parts: SyncParts) {
    this.#options = options;
    this.#parts = parts;
    this.#acls = new AclSync(options.source, options.target);
    this.#groups = new GroupSync(options);
  }

  /** One round. What fails stands in `faults` and does not keep the rest from being done; the next round tries it again. */
  async once(topics: readonly TopicPair[]): Promise<SyncReport> {
    const { source, target } = this.#options;
    const { configs, acls, groups } = this.#parts;
    const faults: SyncFault[] = [];
    const part = <T>(wanted: boolean, what: string, sync: () => Promise<T>): Promise<T | null> =>
      wanted ? orFault(faults, what, sync) : Promise.resolve(null);
    const grown = await part(true, 'partitions', () => syncPartitions(source, target, topics, faults));
    const [changes, rules, outcomes] = [
      await part(configs, 'configs', () => syncConfigs(source, target, topics, faults)),
      await part(acls, 'access rules', () => this.#acls.once(topics)),
      await part(groups, 'consumer groups', () => this.#groups.once(faults)),
    ];
    return {
      partitions: grown ?? [],
      configs: changes ?? [],
      aclsAdded: rules?.added ?? [],
      aclsRemoved: rules?.removed ?? [],
      groups: outcomes ?? [],
      faults,
    };
  }
}
