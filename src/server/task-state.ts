/** Flink's states of tasks, which are not quite those of jobs. */
import type { SubtaskStatus } from '../model/job-status.ts';

const taskStates = [
  'CREATED',
  'SCHEDULED',
  'DEPLOYING',
  'INITIALIZING',
  'RUNNING',
  'FINISHED',
  'CANCELING',
  'CANCELED',
  'FAILED',
  'RECONCILING',
] as const;
type TaskState = (typeof taskStates)[number];

function taskStateOf(subtask: SubtaskStatus): TaskState {
  switch (subtask.state) {
    case 'CANCELLING':
      return 'CANCELING';
    case 'FAILING':
      return 'FAILED';
    case 'SUSPENDED':
      return 'CANCELED';
    case 'RESTARTING':
      return 'CREATED';
    default:
      return subtask.state;
  }
}

/** How many subtasks are in each state; the overview of jobs writes the states in lower case. */
export function taskCounts(subtasks: readonly SubtaskStatus[], letters: 'upper' | 'lower'): Record<string, number> {
  const states = subtasks.map(taskStateOf);
  return Object.fromEntries(
    taskStates.map((state) => [
      letters === 'lower' ? state.toLowerCase() : state,
      states.filter((candidate) => candidate === state).length,
    ]),
  );
}

/** The state of a vertex from those of its subtasks, as ExecutionJobVertex.getAggregateJobVertexState has it. */
export function vertexState(subtasks: readonly SubtaskStatus[]): TaskState {
  const states = subtasks.map(taskStateOf);
  const decisive = (['FAILED', 'CANCELING', 'CANCELED'] as const).find((state) => states.includes(state));
  if (decisive !== undefined) return decisive;
  if (states.length > 0 && states.every((state) => state === 'FINISHED')) return 'FINISHED';
  const begun = (['INITIALIZING', 'RUNNING', 'FINISHED'] as const).find((state) => states.includes(state));
  if (begun === undefined) return 'CREATED';
  return begun === 'FINISHED' ? 'RUNNING' : begun;
}
