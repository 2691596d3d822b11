/** The hash that a person says back: over what would happen, what was seen, who asked, and what it takes. */
import type { Plan } from '../../model/change-plan.ts';
import { canonicalHash } from './canonical-json.ts';

type Hashed = Pick<Plan, 'steps' | 'observed' | 'actor' | 'confirmation' | 'risk' | 'expiresAt'>;

/** sha256 in hex. */
export function planHash({ steps, observed, actor, confirmation, risk, expiresAt }: Hashed): string {
  return canonicalHash({ steps, observed, actor, confirmation, risk, expiresAt });
}
