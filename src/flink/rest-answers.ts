/** What is read of the JobManager's answers (Flink 2.x, `/v1`). Fields that a version leaves out are undefined. */

export type JobOverview = Readonly<{
  jid: string;
  name: string;
  state: string;
  'start-time': number;
  'end-time': number;
}>;

export type JobVertex = Readonly<{
  id: string;
  name: string;
  parallelism: number;
  metrics?: Readonly<{ 'read-records'?: number; 'write-records'?: number }>;
}>;

export type JobDetails = Readonly<{
  jid: string;
  name: string;
  state: string;
  'start-time': number;
  'end-time': number;
  vertices?: readonly JobVertex[];
  plan?: Readonly<{ nodes?: readonly Readonly<{ id: string; inputs?: readonly Readonly<{ id: string }>[] }>[] }>;
}>;

export type CompletedCheckpoint = Readonly<{
  id: number;
  checkpoint_type?: string;
  latest_ack_timestamp: number;
  external_path: string;
  discarded: boolean;
}>;

export type Checkpoints = Readonly<{
  counts?: Readonly<{ completed: number; failed: number }>;
  latest?: Readonly<{
    completed: CompletedCheckpoint | null;
    savepoint: CompletedCheckpoint | null;
  }> | null;
}>;

export type ExceptionEntry = Readonly<{
  exceptionName?: string;
  stacktrace?: string;
  timestamp: number;
  taskName?: string | null;
  concurrentExceptions?: readonly ExceptionEntry[];
}>;

export type Exceptions = Readonly<{ exceptionHistory?: Readonly<{ entries?: readonly ExceptionEntry[] }> }>;

/** Without `get` the names alone. Numbers of `subtasks/metrics` are numbers, of `metrics` texts. */
export type Metric = Readonly<{ id: string; value?: string; min?: number; max?: number; sum?: number }>;

export type TriggerStatus = Readonly<{
  status: Readonly<{ id: 'IN_PROGRESS' | 'COMPLETED' }>;
  operation: Readonly<{
    location?: string;
    'failure-cause'?: Readonly<{ class: string; 'stack-trace': string }>;
  }> | null;
}>;
