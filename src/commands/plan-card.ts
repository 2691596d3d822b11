/** A plan as a person reads it in ten seconds, and as a program does. */
import { nameToType } from '../deploy/apply/confirmation.ts';
import { shownText } from '../deploy/plan/shown-text.ts';
import type { Confirmation, Plan, PlanStep, RiskClass } from '../model/change-plan.ts';
import { textColumns } from '../topology/text-columns.ts';
import { durationText, groupedText } from './human.ts';

export type CardOptions = Readonly<{ color: boolean; now: number }>;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
type Paint = (style: Style, text: string) => string;

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

const styleOfRisk: Readonly<Record<RiskClass, Style>> = {
  read: 'dim',
  low: 'green',
  medium: 'yellow',
  high: 'red',
  critical: 'red',
};

/** Several lines, without a newline at the end. */
export function planCard(plan: Plan, { color, now }: CardOptions): string {
  const paint: Paint = (style, text) => (color ? `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m` : text);
  const head = `${plan.id}  ${paint(styleOfRisk[plan.risk], `${plan.risk} risk`)}  ${statusText(plan, now)}`;
  return [
    paint('bold', head),
    ...plan.steps.flatMap((step, index) => stepLines(step, index, plan, paint)),
    costText(plan.cost),
    paint('bold', needText(plan)),
    ...plan.decisions.map(({ rule, text }) => paint('dim', `  ${rule}: ${shownText(text, 240)}`)),
    ...(plan.confirmedBy.length === 0 ? [] : [`Confirmed by ${plan.confirmedBy.join(', ')}`]),
    paint('dim', `Stands for: ${shownText(plan.command, 2_000)}`),
  ].join('\n');
}

function statusText({ status, expiresAt }: Plan, now: number): string {
  if (status !== 'pending') return status;
  return now < expiresAt ? `can be confirmed for ${durationText(expiresAt - now)}` : 'expired';
}

function stepLines(step: PlanStep, index: number, { progress }: Plan, paint: Paint): string[] {
  const rows = step.diff.map(({ field, before, after }) => [
    `     ${field}`,
    before === null ? '-' : shownText(before),
    '→',
    after === null ? '-' : shownText(after),
  ]);
  const come = progress.find((entry) => entry.step === index);
  const state =
    come && paint(come.state === 'failed' ? 'red' : 'green', `     ${come.state}: ${shownText(come.text, 500)}`);
  const text = shownText(step.text, 240).replace(/WITHOUT \w+ \w+/, (words) => paint('red', words));
  return [`  ${index + 1}. ${text}`, ...textColumns(rows), ...(state === undefined ? [] : [state])];
}

function costText({ jobs, slots, memoryMb }: Plan['cost']): string {
  if (jobs === 0 && slots === 0) return 'Takes no more than runs now';
  const signed = (value: number, unit: string): string =>
    `${value < 0 ? '-' : '+'}${groupedText(Math.abs(value))} ${unit}`;
  return `Takes ${signed(jobs, Math.abs(jobs) === 1 ? 'job' : 'jobs')}, ${signed(slots, 'slots')}, about ${signed(memoryMb, 'MB')}`;
}

const needs: Readonly<Record<Confirmation, string>> = {
  none: 'Needs no confirmation',
  confirm: 'Needs a confirmation',
  'type-name': 'Needs a confirmation with the name typed',
  'two-person': 'Needs the confirmation of two people',
  deny: 'Is not done',
};

function needText(plan: Plan): string {
  const { confirmation, requiredRole } = plan;
  if (confirmation === 'none' || confirmation === 'deny') return needs[confirmation];
  const name = confirmation === 'type-name' ? `: ${nameToType(plan)}` : '';
  return `${needs[confirmation]}${name} (role ${requiredRole})`;
}

/** What is to be typed to apply it. */
export function applyCommand(plan: Plan): string {
  const name = plan.confirmation === 'type-name' ? ` --type-name ${nameToType(plan)}` : '';
  return `millrace apply ${plan.id} --plan-hash ${plan.hash} --yes${name} --wait`;
}

/** Without the texts of the releases. */
export function planJson(plan: Plan): unknown {
  const { id, hash, risk, steps, ...rest } = plan;
  const shown = steps.map(({ action, job, environment, engine, parameters, release, ...more }) => ({
    action,
    job,
    environment,
    engine,
    parameters,
    release: release?.digest ?? null,
    ...more,
  }));
  return { id, hash, risk, steps: shown, ...rest };
}
