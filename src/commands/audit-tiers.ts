/** Which tiers a command of the audit is about: those of a topology file, or those that the command line names. */
import type { Command } from 'commander';
import type { AuditTier } from '../audit/audit-tier.ts';
import { EngineError } from '../model/errors.ts';
import { tiersOf } from '../topology/tiers.ts';
import type { CommandContext } from './dependencies.ts';
import { pairsOption, secretsAmong } from './option-values.ts';
import { loadTopology, secretsOf } from './topology-options.ts';

export type TierOptions = Readonly<{
  tiers: ReadonlyMap<string, string>;
  topics?: string;
  naming?: 'identity' | 'prefix';
  property: ReadonlyMap<string, string>;
}>;

/** The argument and the options by which tiers are chosen. */
export function addTierOptions(command: Command): Command {
  return command
    .argument('[topology]', 'a topology, .yaml; without one, --tiers')
    .addOption(pairsOption('--tiers <name=bootstrap>', 'without a topology: each tier, from the first on; repeated'))
    .option('--topics <regex>', 'topics of these whole names; all if not set')
    .option('--prefixed', 'without a topology: each tier puts the name of the one before and a dot before topics')
    .addOption(pairsOption('--property <name=value>', 'without a topology: of the Kafka clients; repeated'));
}

/** INVALID_OPTION where there is neither a topology nor a tier, or both. */
export async function chosenTiers(
  file: string | undefined,
  options: TierOptions & Readonly<{ prefixed?: boolean }>,
  context: CommandContext,
): Promise<readonly AuditTier[]> {
  if ((file === undefined) === (options.tiers.size === 0)) {
    throw new EngineError(
      'INVALID_OPTION',
      `audit: expected a topology or --tiers, got ${file === undefined ? 'neither' : 'both'}`,
      {
        hint: 'Such as --tiers dc1=dc1:9092 --tiers aggregate=agg:9092.',
      },
    );
  }
  if (file !== undefined) return tiersOf(await loadTopology(file, context), secretsOf(file, context));
  context.hide(secretsAmong(options.property));
  return chainOfTiers(options);
}

/** Each tier is fed by the one before. */
function chainOfTiers({
  tiers,
  topics = '.*',
  property,
  prefixed,
}: TierOptions & Readonly<{ prefixed?: boolean }>): AuditTier[] {
  let prefix = '';
  let before: string | null = null;
  return [...tiers].map(([name, bootstrap]) => {
    const sources =
      before === null
        ? []
        : [{ cluster: before, prefix: prefixed ? `${before}.` : '', topics: [escaped(prefix) + topics] }];
    if (before !== null && prefixed) prefix = `${before}.${prefix}`;
    const tier: AuditTier = {
      cluster: name,
      tier: name,
      client: new Map([['bootstrap.servers', bootstrap], ...property]),
      topics: [escaped(prefix) + topics],
      produced: before === null,
      sources,
    };
    before = name;
    return tier;
  });
}

function escaped(prefix: string): string {
  return prefix.replaceAll('.', '\\.');
}
