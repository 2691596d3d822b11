/** What has to happen before a change, by where it happens and what it risks. The table is the policy; an environment may write its own cells. */
import type { Confirmation, RiskClass } from '../../model/change-plan.ts';

export const environmentClasses = ['dev', 'staging', 'production'] as const;
export type EnvironmentClass = (typeof environmentClasses)[number];

/** `allow` and `warn` both need no confirmation; `warn` says so in the plan. */
export const graduations = ['allow', 'warn', 'confirm', 'type-name', 'two-person', 'deny'] as const;
export type Graduation = (typeof graduations)[number];

export const policyTable: Readonly<Record<EnvironmentClass, Readonly<Record<RiskClass, Graduation>>>> = {
  dev: { read: 'allow', low: 'confirm', medium: 'confirm', high: 'confirm', critical: 'type-name' },
  staging: { read: 'allow', low: 'confirm', medium: 'confirm', high: 'type-name', critical: 'two-person' },
  production: { read: 'allow', low: 'type-name', medium: 'type-name', high: 'type-name', critical: 'two-person' },
};

export function confirmationOf(graduation: Graduation): Confirmation {
  return graduation === 'allow' || graduation === 'warn' ? 'none' : graduation;
}
