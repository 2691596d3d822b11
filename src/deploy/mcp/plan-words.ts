/** A plan in words, made by code from its fields: what a person is asked to confirm. Nothing that a model said is in it. */
import type { Plan } from '../../model/change-plan.ts';
import { shownText } from '../plan/shown-text.ts';
import { withoutSecrets } from '../secret-text.ts';

const maxLine = 300; // UTF-16 units
const maxDiff = 12; // lines of a step

export function planWords(plan: Plan): string {
  const { id, hash, actor, risk, cost, expiresAt, steps, decisions } = plan;
  return [
    `Plan ${id} of ${shown(actor.name)}, risk ${risk}, until ${new Date(expiresAt).toISOString()}:`,
    ...steps.flatMap(stepLines),
    `It then takes ${cost.jobs} jobs, ${cost.slots} slots, ${cost.memoryMb} MB.`,
    ...decisions.map(({ text }) => shown(text)),
    `Hash ${hash}.`,
  ].join('\n');
}

/** What is done to which job is said as it is; what else is written there may hold what someone typed. */
function stepLines({ action, job, environment, text, diff }: Plan['steps'][number], index: number): string[] {
  const lines = diff.slice(0, maxDiff).map(({ field, before, after }) => {
    return shown(`   ${field}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`, 3);
  });
  const more = diff.length - maxDiff;
  return [
    `${index + 1}. ${action} ${job} in ${environment}: ${shown(text)}`,
    ...lines,
    ...(more > 0 ? [`   and ${more} more`] : []),
  ];
}

function shown(text: string, indent = 0): string {
  return `${' '.repeat(indent)}${shownText(withoutSecrets(text.trim()), maxLine)}`;
}
