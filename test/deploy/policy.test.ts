import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvironment, plainEnvironment } from '../../src/deploy/catalogue/environment.ts';
import { canonicalHash, canonicalJson } from '../../src/deploy/plan/canonical-json.ts';
import { riskOfStep } from '../../src/deploy/plan/risk.ts';
import type { EnvironmentClass } from '../../src/deploy/policy/graduation.ts';
import {
  mayAsk,
  mayConfirm,
  maySee,
  mayTurnSwitches,
  parseGrant,
  roleToConfirm,
} from '../../src/deploy/policy/grant.ts';
import { decide } from '../../src/deploy/policy/policy.ts';
import type { Actor, Confirmation, PlanStep, RiskClass } from '../../src/model/change-plan.ts';
import { environmentText } from './deploy-world.ts';

function planStep(more: Partial<PlanStep>, before: string | null = 'running'): PlanStep {
  return {
    job: 'views',
    environment: 'dev',
    action: 'stop',
    engine: 'millrace',
    parameters: {},
    parallelism: null,
    restore: { kind: 'latest' },
    savepoint: true,
    until: null,
    release: null,
    diff: [{ field: 'state', before, after: 'running' }],
    text: '',
    ...more,
  };
}

const release = { digest: 'd' } as PlanStep['release'];
const steps = {
  look: planStep({ action: 'lag' }),
  first: planStep({ action: 'deploy', release, savepoint: false }, null),
  start: planStep({ action: 'start', release }, 'suspended'),
  savepoint: planStep({ action: 'savepoint' }),
  upgrade: planStep({ action: 'deploy', release }),
  scale: planStep({ action: 'scale', release }),
  stop: planStep({}),
  rollback: planStep({ action: 'rollback' }),
  drop: planStep({ savepoint: false }),
  fresh: planStep({ action: 'deploy', release, restore: { kind: 'none' } }, 'suspended'),
} as const;

// step, class → risk, what it takes, the weakest role that may confirm
const cells: readonly (readonly [keyof typeof steps, EnvironmentClass, RiskClass, Confirmation, string])[] = [
  ['look', 'dev', 'read', 'none', 'developer'],
  ['look', 'staging', 'read', 'none', 'developer'],
  ['look', 'production', 'read', 'none', 'operator'],
  ['first', 'dev', 'low', 'confirm', 'developer'],
  ['first', 'staging', 'low', 'confirm', 'developer'],
  ['first', 'production', 'low', 'type-name', 'operator'],
  ['start', 'dev', 'low', 'confirm', 'developer'],
  ['start', 'staging', 'low', 'confirm', 'developer'],
  ['start', 'production', 'low', 'type-name', 'operator'],
  ['savepoint', 'dev', 'low', 'confirm', 'developer'],
  ['savepoint', 'staging', 'low', 'confirm', 'developer'],
  ['savepoint', 'production', 'low', 'type-name', 'operator'],
  ['upgrade', 'dev', 'medium', 'confirm', 'developer'],
  ['upgrade', 'staging', 'medium', 'confirm', 'developer'],
  ['upgrade', 'production', 'high', 'type-name', 'operator'],
  ['scale', 'dev', 'medium', 'confirm', 'developer'],
  ['scale', 'staging', 'medium', 'confirm', 'developer'],
  ['scale', 'production', 'high', 'type-name', 'operator'],
  ['stop', 'dev', 'medium', 'confirm', 'developer'],
  ['stop', 'staging', 'medium', 'confirm', 'developer'],
  ['stop', 'production', 'high', 'type-name', 'operator'],
  ['rollback', 'dev', 'medium', 'confirm', 'developer'],
  ['rollback', 'staging', 'medium', 'confirm', 'developer'],
  ['rollback', 'production', 'high', 'type-name', 'operator'],
  ['drop', 'dev', 'critical', 'type-name', 'developer'],
  ['drop', 'staging', 'critical', 'two-person', 'operator'],
  ['drop', 'production', 'critical', 'two-person', 'approver'],
  ['fresh', 'dev', 'critical', 'type-name', 'developer'],
  ['fresh', 'staging', 'critical', 'two-person', 'operator'],
  ['fresh', 'production', 'critical', 'two-person', 'approver'],
];

const now = Date.parse('2026-12-24T12:00:00Z');
const verdictOf = (given: readonly PlanStep[], environment = plainEnvironment('dev'), mutationsEnabled = true) =>
  decide({ steps: given, environmentOf: () => environment, mutationsEnabled, now });

describe('policy', () => {
  it.each(cells)('%s in %s: %s risk, %s, %s', (name, environmentClass, risk, confirmation, role) => {
    const step = steps[name];
    expect(riskOfStep(step, environmentClass)).toBe(risk);
    const verdict = verdictOf([step], { ...plainEnvironment('x'), class: environmentClass });
    expect(verdict).toMatchObject({ risk, confirmation, requiredRole: role });
    expect(verdict.decisions[0]).toMatchObject({ rule: `${environmentClass}/${risk}`, confirmation });
    expect(roleToConfirm(risk, environmentClass)).toBe(role);
  });

  it('takes what the strongest of several steps takes', () => {
    expect(verdictOf([steps.first, steps.drop, steps.stop])).toMatchObject({
      risk: 'critical',
      confirmation: 'type-name',
    });
  });

  const written = (spec: string) => parseEnvironment(environmentText('x', spec), 'x', 'x');

  it('is changed outright unless it says that it is kept in git', () => {
    expect(written('{ class: dev }').mode).toBe('direct');
    expect(written('{ mode: gitops }').mode).toBe('gitops');
    expect(() => written('{ mode: svn }')).toThrow(/expected .*direct.*gitops/);
  });
  const overridden: readonly (readonly [string, keyof typeof steps, Confirmation, string])[] = [
    ['{ class: dev, policy: { low: allow } }', 'first', 'none', 'x/low'],
    ['{ class: dev, policy: { medium: two-person } }', 'stop', 'two-person', 'x/medium'],
    ['{ class: dev, policy: { medium: deny } }', 'stop', 'deny', 'x/medium'],
    ['{ class: dev, policy: { low: warn } }', 'first', 'none', 'x/low'],
    ['{ class: production, policy: { critical: type-name } }', 'drop', 'type-name', 'x/critical'],
    [
      '{ class: dev, freeze: { xmas: { from: 2026-12-20T00:00:00Z, to: 2026-12-27T00:00:00Z } } }',
      'first',
      'deny',
      'freeze/xmas',
    ],
    [
      '{ class: dev, freeze: { xmas: { from: 2026-12-24T12:00:00Z, to: 2026-12-27T00:00:00Z } } }',
      'stop',
      'deny',
      'freeze/xmas',
    ],
    [
      '{ class: dev, freeze: { xmas: { from: 2026-12-20T00:00:00Z, to: 2026-12-24T12:00:00Z } } }',
      'stop',
      'confirm',
      'dev/medium',
    ],
    [
      '{ class: dev, freeze: { xmas: { from: 2026-12-20T00:00:00Z, to: 2026-12-27T00:00:00Z, allow: [rollback] } } }',
      'rollback',
      'confirm',
      'dev/medium',
    ],
  ];
  it.each(overridden)('%s: %s takes %s by %s', (spec, name, confirmation, rule) => {
    const verdict = verdictOf([steps[name]], written(spec));
    expect(verdict.confirmation).toBe(confirmation);
    expect(verdict.decisions.find((decision) => decision.confirmation === confirmation)!.rule).toBe(rule);
  });

  it('denies all where changes are switched off, and says so', () => {
    const { confirmation, decisions } = verdictOf([steps.first], plainEnvironment('dev'), false);
    expect(confirmation).toBe('deny');
    expect(decisions[0]!.rule).toBe('mutations-switch');
  });
});

describe('grants', () => {
  const actor = (team: string | null, ...roles: string[]): Actor => ({ name: 'x', team, roles });
  const at = (team: string | null, environment: string) => ({ team, environment, class: 'staging' as const });
  const rights: readonly (readonly [Actor, ReturnType<typeof at>, boolean, boolean, boolean])[] = [
    // who, where → may see, may plan a deploy, may confirm what is of medium risk
    [actor('growth'), at('growth', 'staging'), false, false, false],
    [actor('growth', 'viewer'), at('growth', 'staging'), true, false, false],
    [actor('growth', 'developer'), at('growth', 'staging'), true, true, true],
    [actor('growth', 'developer'), at('money', 'staging'), false, false, false],
    [actor('growth', 'developer'), at(null, 'staging'), true, true, true],
    [actor('growth', 'developer@dev'), at('growth', 'staging'), false, false, false],
    [actor('growth', 'viewer', 'operator@staging'), at('growth', 'staging'), true, true, true],
    [actor('growth', 'approver'), at('growth', 'staging'), true, false, true],
    [actor('growth', 'money/operator'), at('money', 'staging'), true, true, true],
    [actor('growth', 'money/operator'), at('growth', 'staging'), false, false, false],
    [actor(null, '*/viewer'), at('money', 'staging'), true, false, false],
    [actor(null, 'admin'), at('money', 'staging'), true, true, true],
    [actor(null, 'admin@dev'), at('money', 'staging'), false, false, false],
    [actor('growth', 'Admin', 'root', 'operator@', '*', '/admin'), at('growth', 'staging'), false, false, false],
  ];
  it.each(rights)('%j at %j: sees %s, plans %s, confirms %s', (who, place, sees, plans, confirms) => {
    expect(maySee(who, place)).toBe(sees);
    expect(mayAsk(who, 'deploy', place)).toBe(plans);
    expect(mayConfirm(who, 'medium', place)).toBe(confirms);
  });

  it('turns switches for an admin of everything alone', () => {
    const may = ['admin', '*/admin', 'admin@*', 'admin@dev', 'growth/admin', 'operator'].filter((role) =>
      mayTurnSwitches(actor('growth', role)),
    );
    expect(may).toEqual(['admin', '*/admin', 'admin@*']);
  });

  it('reads what it has a form for, and nothing else', () => {
    expect(parseGrant('growth/operator@staging')).toEqual({ team: 'growth', role: 'operator', environment: 'staging' });
    expect(parseGrant('operator@Staging')).toBeNull();
  });
});

describe('canonical JSON', () => {
  it.each([
    [
      'keys by code unit',
      { b: 1, a: 2, é: 3, Z: 4, '€': 5, '\u{1f600}': 6, '\ufb33': 7 },
      '{"Z":4,"a":2,"b":1,"é":3,"€":5,"😀":6,"\ufb33":7}',
    ],
    [
      'numbers as ECMAScript has them',
      [1e21, 1e-7, 0.1, -0, 333333333.3333333],
      '[1e+21,1e-7,0.1,0,333333333.3333333]',
    ],
    ['nothing for what is undefined', { a: undefined, b: null }, '{"b":null}'],
    ['control characters escaped', '\u0007"\\\n', '"\\u0007\\"\\\\\\n"'],
  ])('has %s', (_what, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('is the same whatever the order of keys, and the JSON of the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalHash(reversed(value))).toBe(canonicalHash(value));
      }),
    );
  });

  function reversed(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(reversed);
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, field]) => [key, reversed(field)]),
    );
  }
});
