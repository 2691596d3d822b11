/** An auditor that outlives what happens to its topics: they are deleted, made anew, cut off at their ends. */
import { isEngineError } from '../../model/errors.ts';
import type { AuditTier } from '../audit-tier.ts';
import { type AuditorOptions, type AuditorTotals, TierAuditor } from './tier-auditor.ts';

/** Lives of an auditor that end because a topic is another than before; then it says so and begins anew by what is written. */
const maxLives = 5;
const longLifeMs = 60_000; // one that lived so long does not count among them
const betweenLivesMs = 1_000;

/** Audits a tier until `signal` aborts, whatever its brokers are at; with `once`, up to the ends of now. `current` hears who works. */
export async function runAuditor(
  tier: AuditTier,
  options: AuditorOptions,
  signal: AbortSignal,
  { once, current }: Readonly<{ once: boolean; current?: ((auditor: TierAuditor) => void) | undefined }>,
): Promise<AuditorTotals> {
  for (let life = 1; ; life++) {
    const beganMs = options.clock.monotonic();
    const auditor = new TierAuditor(tier, options);
    current?.(auditor);
    try {
      return await auditor.run(signal, { once });
    } catch (error) {
      const changed = isEngineError(error) && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND');
      const passing = isEngineError(error) && error.retryable && !once;
      if (passing || options.clock.monotonic() - beganMs > longLifeMs) life = 0;
      if (!(changed || passing) || life === maxLives || signal.aborted) throw error;
      options.warn(`tier ${tier.cluster}: ${error.message}; beginning anew`);
      await options.clock.sleep(betweenLivesMs, signal);
    }
  }
}
