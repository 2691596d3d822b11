/**
 * Roles and what they allow: team × environment × verb. A grant is written `[TEAM/]ROLE[@ENVIRONMENT]`: `developer`, `operator@staging`,
 * `growth/approver@production`. Without a team it holds for jobs of the holder's own team and for jobs of no team, but `admin` holds for all
 * teams, as the team `*` does for the other roles.
 */
import { type Actor, type RiskClass, riskClasses } from '../../model/change-plan.ts';
import { type Verb, verbFacts, verbs } from '../../model/intent.ts';
import type { EnvironmentClass } from './graduation.ts';

/** From weak to strong in what they may confirm. */
export const roles = ['viewer', 'developer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

type Rights = Readonly<{
  /** What may be asked for and planned. */
  verbs: readonly Verb[];
  /** Up to which risk a plan may be confirmed; null: none. */
  confirms: Readonly<Record<EnvironmentClass, RiskClass | null>>;
}>;

const reads = verbs.filter((verb) => !verbFacts[verb].mutates);

const roleRights: Readonly<Record<Role, Rights>> = {
  viewer: { verbs: reads, confirms: { dev: null, staging: null, production: null } },
  developer: { verbs, confirms: { dev: 'critical', staging: 'medium', production: null } },
  operator: { verbs, confirms: { dev: 'critical', staging: 'critical', production: 'high' } },
  /** Says yes to what others planned. */
  approver: { verbs: reads, confirms: { dev: 'critical', staging: 'critical', production: 'critical' } },
  admin: { verbs, confirms: { dev: 'critical', staging: 'critical', production: 'critical' } },
};

export type Grant = Readonly<{ team: string | null; role: Role; environment: string | null }>;

/** null: not a grant. */
export function parseGrant(text: string): Grant | null {
  const parts = /^(?:([A-Za-z0-9][A-Za-z0-9_.-]*|\*)\/)?([a-z]+)(?:@([a-z0-9][a-z0-9-]{0,62}|\*))?$/.exec(text);
  const role = roles.find((each) => each === parts?.[2]);
  if (parts === null || role === undefined) return null;
  return { team: parts[1] ?? null, role, environment: parts[3] === '*' ? null : (parts[3] ?? null) };
}

/** What a right is asked for: a job's team and an environment. */
export type Place = Readonly<{ team: string | null; environment: string; class: EnvironmentClass }>;

/** The roles that someone has there. */
export function rolesAt(actor: Actor, place: Omit<Place, 'class'>): Role[] {
  const grants = actor.roles.map(parseGrant).filter((grant) => grant !== null);
  return grants.filter((grant) => covers(grant, actor, place)).map(({ role }) => role);
}

function covers(grant: Grant, actor: Actor, { team, environment }: Omit<Place, 'class'>): boolean {
  if (grant.environment !== null && grant.environment !== environment) return false;
  if (team === null || grant.team === '*' || (grant.team === null && grant.role === 'admin')) return true;
  return team === (grant.team ?? actor.team);
}

export function maySee(actor: Actor, place: Omit<Place, 'class'>): boolean {
  return rolesAt(actor, place).length > 0;
}

export function mayAsk(actor: Actor, verb: Verb, place: Omit<Place, 'class'>): boolean {
  return rolesAt(actor, place).some((role) => roleRights[role].verbs.includes(verb));
}

export function mayConfirm(actor: Actor, risk: RiskClass, place: Place): boolean {
  return rolesAt(actor, place).some((role) => confirmsAt(role, risk, place.class));
}

function confirmsAt(role: Role, risk: RiskClass, environmentClass: EnvironmentClass): boolean {
  const most = roleRights[role].confirms[environmentClass];
  return most !== null && riskClasses.indexOf(risk) <= riskClasses.indexOf(most);
}

/** The weakest role that may confirm such a change. */
export function roleToConfirm(risk: RiskClass, environmentClass: EnvironmentClass): Role {
  return roles.find((role) => confirmsAt(role, risk, environmentClass)) ?? 'admin';
}

/** Whether someone may turn the switches: an admin of everything. */
export function mayTurnSwitches(actor: Actor): boolean {
  return actor.roles
    .map(parseGrant)
    .some(
      (grant) => grant?.role === 'admin' && grant.environment === null && (grant.team === null || grant.team === '*'),
    );
}

/** Whether someone may plan changes, or confirm them, anywhere at all. */
export function maySomewhere(actor: Actor, what: 'plan' | 'confirm'): boolean {
  const rights = actor.roles.map(parseGrant).flatMap((grant) => (grant === null ? [] : [roleRights[grant.role]]));
  if (what === 'plan') return rights.some((each) => each.verbs.some((verb) => verbFacts[verb].mutates));
  return rights.some(({ confirms }) => Object.values(confirms).some((most) => most !== null));
}
