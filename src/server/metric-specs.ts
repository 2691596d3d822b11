/** Names, help and labels of the metrics: one table for the registry and the docs. */

export const prefix = 'millrace_';

export type MetricSpec = Readonly<{ name: string; help: string; labels: readonly string[] }>;

const operator = ['job', 'operator'] as const;
const split = ['job', 'operator', 'topic', 'partition'] as const;

export const counterSpecs: readonly MetricSpec[] = [
  { name: 'records_in_total', help: 'Records that an operator chain took in.', labels: operator },
  { name: 'records_out_total', help: 'Records that an operator chain gave out.', labels: operator },
  { name: 'bytes_in_total', help: 'Bytes that an operator chain took in.', labels: operator },
  { name: 'bytes_out_total', help: 'Bytes that an operator chain gave out.', labels: operator },
  { name: 'operator_busy_seconds_total', help: 'Time that subtasks worked.', labels: operator },
  { name: 'operator_idle_seconds_total', help: 'Time that subtasks waited for input.', labels: operator },
  {
    name: 'operator_backpressured_seconds_total',
    help: 'Time that subtasks waited for room downstream.',
    labels: operator,
  },
  { name: 'late_records_total', help: 'Records dropped because their windows had fired.', labels: operator },
  { name: 'null_rowtimes_total', help: 'Records dropped because their time was NULL.', labels: operator },
  { name: 'skipped_records_total', help: 'Unreadable records that were skipped.', labels: operator },
  { name: 'dlq_records_total', help: 'Records handed to the dead-letter sink.', labels: [...operator, 'reason'] },
  { name: 'restarts_total', help: 'Restarts after a failure.', labels: ['job'] },
  { name: 'process_cpu_seconds_total', help: 'CPU time of the process, all threads.', labels: [] },
  {
    name: 'job_audit_epochs_total',
    help: 'Checkpoints by whether the rows up to them are accounted for: balanced, unbalanced.',
    labels: ['job', 'result'],
  },
  {
    name: 'job_audit_rows_total',
    help: 'What became of the rows of an operator, up to the last checkpoint: in, out, filtered, late, …',
    labels: [...operator, 'kind'],
  },
  { name: 'checkpoints_total', help: 'Checkpoints by how they ended.', labels: ['job', 'result'] },
];

export const gaugeSpecs: readonly MetricSpec[] = [
  { name: 'build_info', help: 'Always 1; the label says which version runs.', labels: ['version'] },
  { name: 'job_state', help: '1 for the state that the job is in, 0 for the others.', labels: ['job', 'state'] },
  {
    name: 'job_audit_balanced',
    help: '1 if the rows up to the last checkpoint are accounted for, 0 if some are missing or twice there.',
    labels: ['job'],
  },
  {
    name: 'job_audit_waiting_rows',
    help: 'Rows in the state of an operator that are still to go out as they are.',
    labels: operator,
  },
  { name: 'process_resident_memory_bytes', help: 'Memory of the process.', labels: [] },
  { name: 'subtasks', help: 'Parallelism of an operator chain.', labels: operator },
  { name: 'state_bytes', help: 'Keyed state held in memory.', labels: operator },
  {
    name: 'watermark_lag_seconds',
    help: 'How far the watermark is behind the clock, at the slowest subtask.',
    labels: operator,
  },
  { name: 'consumer_lag_records', help: 'Records between the position and the end of a split.', labels: split },
  { name: 'consumer_lag_seconds', help: 'Age of the next record of a split.', labels: split },
  {
    name: 'checkpoint_duration_seconds',
    help: 'Trigger to durable, of the last completed checkpoint.',
    labels: ['job'],
  },
  { name: 'checkpoint_size_bytes', help: 'Size of the last completed checkpoint.', labels: ['job'] },
  { name: 'last_checkpoint_timestamp_seconds', help: 'When the last checkpoint was completed.', labels: ['job'] },
  {
    name: 'event_loop_lag_seconds',
    help: 'The largest delay of the main thread within the last second.',
    labels: ['job'],
  },
];

const arrow = ['source', 'cluster', 'topic'] as const;

/** Of `millrace audit report --watch --port`: what the last report says. */
export const auditGaugeSpecs: readonly MetricSpec[] = [
  {
    name: 'audit_completeness_ratio',
    help: 'Part of what the source has that is at the cluster, unchanged, over all closed buckets.',
    labels: arrow,
  },
  { name: 'audit_records', help: 'Records that are not as they should be.', labels: [...arrow, 'finding'] },
  {
    name: 'audit_incomplete',
    help: '1 where nothing can be said: an auditor is silent, or has gaps.',
    labels: arrow,
  },
  {
    name: 'audit_oldest_unclosed_seconds',
    help: 'Since the end of the oldest bucket that is not closed.',
    labels: arrow,
  },
  { name: 'audit_latency_p99_seconds', help: 'From production to the cluster, in the newest bucket.', labels: arrow },
  { name: 'audit_alerts', help: 'Rules of --alert that fire.', labels: [] },
  { name: 'audit_report_timestamp_seconds', help: 'When the last report was made.', labels: [] },
];
