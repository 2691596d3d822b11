/** What can be done towards what is wanted. */
import type { DeploymentRecord } from './deployment-record.ts';

export type DeploymentEvent = Readonly<{ kind: string; text: string }>;

export type Action =
  /** Nothing, before `at` (ms since 1970) at the earliest; null: before something changes. */
  | Readonly<{ kind: 'wait'; at: number | null }>
  /** To write down a new run; nothing is started by that. */
  | Readonly<{ kind: 'start' }>
  /** To hand the run that is written down to the engine. */
  | Readonly<{ kind: 'submit' }>
  /** To have the engine end the job, as `stopping` says. */
  | Readonly<{ kind: 'stop' }>
  /** To write down what was seen. */
  | Readonly<{ kind: 'record'; to: DeploymentRecord; event: DeploymentEvent | null }>;
