/** A step as a sentence that means it again: what questions offer to choose from. */
import type { IntentStep } from '../../model/intent.ts';

export function sayingOf(step: IntentStep): string {
  const parts = [
    beginning(step),
    step.environment === null ? '' : `in ${step.environment}`,
    step.engine === null ? '' : `on ${step.engine}`,
    step.parallelism === null ? '' : `at parallelism ${step.parallelism}`,
    ...Object.entries(step.parameters).map(([name, value]) => `with ${name} "${value}"`),
    step.savepoint === null ? '' : step.savepoint ? 'with a savepoint' : 'without a savepoint',
  ];
  const saying = parts.filter((part) => part !== '').join(' ');
  return step.until === null ? saying : `${saying}, tell me when ${conditionText(step.until)}`;
}

function conditionText(until: NonNullable<IntentStep['until']>): string {
  return until.kind === 'running' ? 'it is running' : `lag is under ${until.records}`;
}

function beginning({ verb, job }: IntentStep): string {
  const name = job === null ? '' : ` ${job}`;
  switch (verb) {
    case 'rollback':
      return `roll back${name}`;
    case 'savepoint':
      return job === null ? 'take a savepoint' : `take a savepoint of ${job}`;
    case 'status':
    case 'lag':
    case 'logs':
      return job === null ? `show the ${verb}` : `show the ${verb} of ${job}`;
    case 'list':
      return 'list all jobs';
    case 'help':
      return 'help';
    default:
      return `${verb}${name}`;
  }
}
