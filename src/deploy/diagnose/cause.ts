/** The closed list of what can be wrong with a job, with what each means, what it brings after it and what may safely be done. */
import type { ActionName } from './safe-action.ts';

export const causeNames = [
  'disk-full',
  'out-of-memory',
  'unauthorised',
  'retention-overtaken',
  'topic-recreated',
  'schema-mismatch',
  'topic-missing',
  'table-missing',
  'file-failed',
  'bad-records',
  'expression-failed',
  'commit-conflict',
  'data-directory-taken',
  'state-mismatch',
  'job-invalid',
  'source-unreachable',
  'sink-unreachable',
  'engine-silent',
  'limit-reached',
  'engine-fault',
  'unknown-failure',
  'clock-skew',
  'skew',
  'slow-sink',
  'bottleneck',
  'source-stalled',
  'idle-partition',
  'blocked-loop',
  'state-large',
  'late-data',
  'no-input',
  'rows-unaccounted',
  'checkpoints-failing',
  'checkpoints-slow',
  'restart-loop',
] as const;
export type CauseName = (typeof causeNames)[number];

export type CauseFacts = Readonly<{
  /** A sentence, of the fault and not of this job. */
  text: string;
  action: ActionName;
  /** What to look after, a sentence. */
  advice: string;
  /** Other causes that it brings about: where both are found, they are its consequences. */
  brings: readonly CauseName[];
}>;

/** What every failure that ends an attempt brings. */
const failure: readonly CauseName[] = ['restart-loop', 'checkpoints-failing', 'source-stalled', 'no-input'];
const pressure: readonly CauseName[] = ['checkpoints-slow', 'checkpoints-failing', 'source-stalled', 'late-data'];

export const causeFacts: Readonly<Record<CauseName, CauseFacts>> = {
  'disk-full': {
    text: 'A disk has no room left: state, files or tables cannot be written.',
    action: 'read-logs',
    advice:
      'Make room on the disk that the failure names, or move the data directory; the job goes on by itself after.',
    brings: [...failure, 'sink-unreachable', 'commit-conflict', 'slow-sink', 'bottleneck'],
  },
  'out-of-memory': {
    text: 'The process of the job needed more memory than it may have, and was ended.',
    action: 'read-logs',
    advice: 'Bound the state (a TTL, smaller windows), or give the job a larger heap (serve --max-heap).',
    brings: [...failure, 'engine-silent', 'state-large', 'checkpoints-slow'],
  },
  unauthorised: {
    text: 'The other side refused the credentials of the job, or their rights.',
    action: 'read-exceptions',
    advice: 'Give the user of the job the right that the failure names, or correct its credentials; then restart it.',
    brings: failure,
  },
  'retention-overtaken': {
    text: 'Records were deleted from the topic before they were read.',
    action: 'read-exceptions',
    advice:
      "They can't be read any more. Decide whether the job may go on after the gap ('properties.auto.offset.reset' = 'earliest'), and keep records for longer than the job may be away.",
    brings: failure,
  },
  'topic-recreated': {
    text: 'A topic was deleted, or deleted and made anew, while the job was in the midst of it.',
    action: 'read-exceptions',
    advice:
      'Its positions mean nothing in the new topic. Only a start without the checkpoint reads it, which gives up what the job remembers.',
    brings: failure,
  },
  'schema-mismatch': {
    text: 'Records do not have the schema that the table was declared with.',
    action: 'look-at-record',
    advice: 'Compare the schema that the producer writes with the table; change the table, or the producer back.',
    brings: ['bad-records', ...failure],
  },
  'topic-missing': {
    text: 'A topic that the job reads or writes is not there.',
    action: 'read-exceptions',
    advice: 'Make the topic, or correct its name in the script.',
    brings: failure,
  },
  'table-missing': {
    text: 'A table, file or directory that the job needs is not there.',
    action: 'read-exceptions',
    advice: 'Create it, or correct its name in the script.',
    brings: failure,
  },
  'file-failed': {
    text: 'A file or directory of this machine cannot be read or written.',
    action: 'read-exceptions',
    advice: 'See that it exists, is of the kind that is expected, and may be written by the user of the job.',
    brings: failure,
  },
  'bad-records': {
    text: 'Records cannot be read in the format of their table.',
    action: 'look-at-record',
    advice:
      "Look at the record that is named. 'millrace.dead-letter.mode' puts such records aside with their reasons instead of ending the job.",
    brings: failure,
  },
  'expression-failed': {
    text: 'An expression of the query fails on a row: every attempt meets the same row again.',
    action: 'look-at-record',
    advice:
      'Use TRY_CAST, NULLIF or a condition for such rows, try it with millrace test, and deploy the changed query.',
    brings: failure,
  },
  'commit-conflict': {
    text: 'Another writer changed what the job commits to: the table, or its transaction.',
    action: 'read-exceptions',
    advice: 'Find the other writer: two jobs with one identity, or maintenance of the table at the same time.',
    brings: failure,
  },
  'data-directory-taken': {
    text: 'Another process owns the data directory of the job.',
    action: 'read-logs',
    advice: 'Only one may run on it: stop the other, or give this one its own --data-dir.',
    brings: failure,
  },
  'state-mismatch': {
    text: 'The state of the checkpoint does not fit the query.',
    action: 'explain-restore',
    advice: 'The query changed. See what of the state would survive before you choose to go on without the rest.',
    brings: failure,
  },
  'job-invalid': {
    text: 'The script or an option of it is not valid.',
    action: 'lint',
    advice: 'Correct what is named; nothing ran.',
    brings: failure,
  },
  'source-unreachable': {
    text: 'What the job reads from cannot be reached.',
    action: 'read-exceptions',
    advice: 'See whether the brokers run and can be reached from here under the names that they advertise.',
    brings: [...failure, 'idle-partition'],
  },
  'sink-unreachable': {
    text: 'What the job writes to, or its catalog, cannot be reached.',
    action: 'read-exceptions',
    advice: 'See whether the catalog, the store or the brokers run; the job goes on by itself when they are back.',
    brings: [...failure, 'slow-sink', 'bottleneck', 'checkpoints-slow'],
  },
  'engine-silent': {
    text: 'The engine does not answer for the job, or no longer knows it.',
    action: 'read-logs',
    advice: 'See whether its process or cluster runs. Its control plane starts it again from the newest checkpoint.',
    brings: failure,
  },
  'limit-reached': {
    text: 'The job reached a limit of the engine.',
    action: 'read-exceptions',
    advice: 'The failure names the limit, and what raises it.',
    brings: failure,
  },
  'engine-fault': {
    text: 'The engine failed in itself.',
    action: 'read-logs',
    advice: 'Please report it, with the text and the stack of the failure.',
    brings: failure,
  },
  'unknown-failure': {
    text: 'The job failed of something that no rule knows.',
    action: 'read-exceptions',
    advice: 'Read the first failure: later ones may only follow from it.',
    brings: failure,
  },
  'clock-skew': {
    text: 'Rows are dated in the future: they carry the watermark past rows that are on time, which are then late.',
    action: 'explain-why',
    advice: 'Find the producer whose clock is ahead, or leave out rows dated ahead of the clock.',
    brings: ['late-data', 'idle-partition'],
  },
  skew: {
    text: 'A few keys have most of the rows: one subtask works while its peers wait.',
    action: 'explain-why',
    advice: 'More parallelism does not help. Aggregate before the exchange, or split the heavy keys.',
    brings: ['bottleneck', 'slow-sink', ...pressure],
  },
  'slow-sink': {
    text: 'The sink takes rows more slowly than they come; all before it waits.',
    action: 'read-logs',
    advice: 'Look at the system that is written to. More parallelism of the job seldom helps.',
    brings: pressure,
  },
  bottleneck: {
    text: 'An operator works all the time and holds back those before it.',
    action: 'plan-scale',
    advice: 'More parallelism, or less work in that operator.',
    brings: pressure,
  },
  'source-stalled': {
    text: 'There are records to read, but none come in and no operator is at work.',
    action: 'read-logs',
    advice: 'Something between the broker and the job holds: the network, a quota, a partition without a leader.',
    brings: ['idle-partition', 'late-data'],
  },
  'idle-partition': {
    text: 'A partition without rows holds the watermark: windows do not fire.',
    action: 'explain-why',
    advice: "Set 'table.exec.source.idle-timeout', so that a partition without rows holds nobody back.",
    brings: ['state-large'],
  },
  'blocked-loop': {
    text: 'The main thread of the process is held up: heartbeats, checkpoints and HTTP wait.',
    action: 'read-logs',
    advice: 'The machine has too little CPU for its jobs, or a function of the user works too long at a time.',
    brings: ['checkpoints-slow', 'engine-silent'],
  },
  'state-large': {
    text: 'The state has grown very large.',
    action: 'explain-why',
    advice: "Set 'table.exec.state.ttl', or bound the windows and joins that keep the rows.",
    brings: ['checkpoints-slow'],
  },
  'late-data': {
    text: 'Many rows come after their windows have fired, and are left out.',
    action: 'explain-why',
    advice: 'Allow for more disorder in the WATERMARK of the table, or find what delays those rows.',
    brings: [],
  },
  'no-input': {
    text: 'The job is well, but nothing has come in.',
    action: 'explain-why',
    advice: 'See whether anything is produced to what it reads, and whether it starts at the right place of it.',
    brings: [],
  },
  'rows-unaccounted': {
    text: 'Rows are missing, or too many, between two operators: the audit of the job does not balance.',
    action: 'explain-why',
    advice: 'This should never be. Keep the job as it is, and report it with what explain why says.',
    brings: [],
  },
  'checkpoints-failing': {
    text: 'Checkpoints do not complete: after a failure much would be read again, and nothing new becomes visible.',
    action: 'read-exceptions',
    advice: 'The failure of the newest one says why; more parallelism does not help.',
    brings: ['restart-loop'],
  },
  'checkpoints-slow': {
    text: 'A checkpoint takes more than half of the time between two.',
    action: 'explain-why',
    advice: "See whether the state grew, or make 'execution.checkpointing.interval' longer.",
    brings: ['checkpoints-failing'],
  },
  'restart-loop': {
    text: 'The job fails and starts again and again.',
    action: 'read-exceptions',
    advice: 'The first failure of the series is the one to read.',
    brings: ['checkpoints-failing', 'no-input'],
  },
};
