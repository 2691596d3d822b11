/** A step as a sentence, made of its fields: never the words of whoever asked. */
import type { PlanStep } from '../../model/change-plan.ts';
import type { Condition } from '../../model/intent.ts';

export function stepText(step: Omit<PlanStep, 'text'>): string {
  const then = step.until === null ? '' : `, then wait until ${conditionText(step.until)}`;
  return `${actionText(step)}${then}`;
}

function actionText(step: Omit<PlanStep, 'text'>): string {
  const where = `${step.job} in ${step.environment}`;
  const at = step.parallelism === null ? '' : ` at parallelism ${step.parallelism}`;
  const savepoint = step.savepoint ? ' with a savepoint' : ' WITHOUT a savepoint';
  const fresh = step.restore.kind === 'none' ? ', WITHOUT its state' : '';
  switch (step.action) {
    case 'deploy': {
      const before = step.diff.find(({ field }) => field === 'state')?.before ?? null;
      if (before === null) return `Start ${where} on ${step.engine}${at}, for the first time`;
      const isSame = step.diff.every(({ field }) => field !== 'release');
      if (isSame) return `Start ${where} on ${step.engine}${at} again, with the release that it had${fresh}`;
      const stop = before === 'running' ? `: stop${savepoint}, ` : ': ';
      return `Bring ${where} to another release on ${step.engine}${stop}start${at}${fresh}`;
    }
    case 'start':
    case 'resume':
      return `Start ${where}${at} where it stopped`;
    case 'stop':
      return `Stop ${where}${savepoint}`;
    case 'pause':
      return `Pause ${where}${savepoint}; it can be resumed`;
    case 'restart':
      return `Stop ${where}${savepoint} and start it again`;
    case 'scale':
      return `Stop ${where}${savepoint} and start it${at}`;
    case 'rollback':
      return `Stop ${where}${savepoint} and go back to its last stable release`;
    case 'savepoint':
      return `Take a savepoint of ${where}`;
    default:
      return `Look at ${where}`;
  }
}

function conditionText(condition: Condition): string {
  if (condition.kind === 'running') return 'it runs';
  return `its lag is below ${condition.records.toString().replace(/\B(?=(\d{3})+$)/g, ',')} records`;
}
