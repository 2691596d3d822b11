import type { CauseName } from '../../../src/deploy/diagnose/cause.ts';
import type { JobFacts } from '../../../src/deploy/diagnose/job-facts.ts';
import type { ExceptionStatus, SplitTime } from '../../../src/model/job-status.ts';
import {
  checkpoint,
  deployment,
  facts,
  failure,
  minute,
  now,
  observed,
  onFlink,
  type StatusMore,
  type SubtaskMore,
  split,
  status,
  vertex,
} from './snapshots.ts';

/** A fault as it shows itself in several ways, with what has to be found of it. */
export type FaultCase = Readonly<{ cause: CauseName; variant: string; facts: JobFacts }>;

function cases(cause: CauseName, variants: Readonly<Record<string, JobFacts>>): FaultCase[] {
  return Object.entries(variants).map(([variant, given]) => ({ cause, variant, facts: given }));
}

function failed(...exceptions: ExceptionStatus[]): JobFacts {
  return facts(status({ state: 'FAILED', exceptions }));
}

/** Newest first; the last one began it. */
function looping(...exceptions: ExceptionStatus[]): JobFacts {
  return facts(status({ state: 'RESTARTING', restarts: exceptions.length, exceptions, history: [] }));
}

function flinkFailed(...texts: string[]): JobFacts {
  const exceptions = texts.map((text, index) => ({ time: now - index * minute, task: null, text }));
  return onFlink(observed({ state: 'FAILED', exceptions }));
}

function running(more: StatusMore): JobFacts {
  return facts(status(more));
}

function piped(source: readonly SubtaskMore[], window: readonly SubtaskMore[], sink: readonly SubtaskMore[]): JobFacts {
  return running({ vertices: [vertex('source views', source), vertex('window', window), vertex('sink totals', sink)] });
}

function partitioned(...times: Partial<SplitTime>[]): JobFacts {
  const splitTimes = times.map((time, index) => split({ splitId: `views-${index}`, ...time }));
  return piped([{ lag: 5, splitTimes }], [{}], [{}]);
}

const badRecord = (ago: number, offset = 17): ExceptionStatus =>
  failure(
    ago,
    'BAD_RECORD',
    `table views: topic 'views', partition 1, offset ${offset}: expected a value at byte 6, found the record's end; the record: {"v": `,
    {
      task: 'source views (1/2)',
    },
  );
const refused = (ago: number, more: Parameters<typeof failure>[3] = { task: 'source views (1/2)' }): ExceptionStatus =>
  failure(ago, 'CONNECTION', "can't connect to Kafka broker kafka:9092: connect ECONNREFUSED 127.0.0.1:9092", more);

export const faultCases: readonly FaultCase[] = [
  ...cases('bad-records', {
    'ended the job': failed(badRecord(1)),
    'met again after each restart': looping(badRecord(0, 17), badRecord(1, 17), badRecord(2, 17), badRecord(3, 17)),
    'put aside, many of them': piped([{ lag: 1, counters: { deadLetters: 5_000 } }], [{}], [{}]),
    'skipped, more than are read': piped(
      [{ lag: 1, recordsIn: 10, recordsOut: 10, counters: { skippedRecords: 900 } }],
      [{}],
      [{}],
    ),
    'on Flink': flinkFailed(
      "java.io.IOException: Failed to deserialize JSON '{'.\nCaused by: com.fasterxml.jackson.core.JsonParseException: Unexpected end",
    ),
  }),
  ...cases('expression-failed', {
    'division by zero': failed(failure(1, 'EVALUATION', 'x / y: division by zero', { task: 'window (1/2)' })),
    'a cast': looping(
      failure(0, 'EVALUATION', "CAST('a' AS INT): not a number"),
      failure(1, 'EVALUATION', "CAST('a' AS INT): not a number"),
    ),
    'a NULL where none may be': failed(
      failure(1, 'EVALUATION', "sink totals: Column 'k' is NOT NULL, however, a null value is being written"),
    ),
    'on Flink': flinkFailed('java.lang.ArithmeticException: / by zero\n\tat StreamExecCalc$12.processElement'),
  }),
  ...cases('schema-mismatch', {
    'of another schema': failed(
      failure(1, 'BAD_RECORD', "topic 'views', offset 9: field 'count': expected BIGINT, got 'many'"),
    ),
    'registry without it': failed(
      failure(1, 'NOT_FOUND', 'schema registry http://registry:8081: schema id 7: there is none'),
    ),
    'unknown magic byte': failed(failure(1, 'BAD_RECORD', 'topic views, offset 3: unknown magic byte 123, expected 0')),
    'on Flink': flinkFailed('org.apache.avro.AvroTypeException: Found long, expecting union'),
  }),
  ...cases('source-unreachable', {
    'at the start': failed(refused(1)),
    restarting: looping(refused(0), refused(1), refused(2), refused(3)),
    'then other failures': looping(
      failure(0, 'TIMEOUT', 'no answer', { task: 'source views (1/2)' }),
      refused(1),
      refused(2),
    ),
    'no leader': failed(
      failure(1, 'CONNECTION', "topic 'views', partition 0: it has no leader", { task: 'source views (1/2)' }),
    ),
    'on Flink': flinkFailed(
      'org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics',
    ),
  }),
  ...cases('unauthorised', {
    'rights of a topic': failed(failure(1, 'PERMISSION', "topic 'views': TOPIC_AUTHORIZATION_FAILED")),
    credentials: failed(
      failure(1, 'PERMISSION', 'Kafka broker kafka:9092: SASL_AUTHENTICATION_FAILED: invalid credentials'),
    ),
    'of the catalog': failed(failure(1, 'CONNECTION', 'GET http://lake:8181/v1/config: HTTP status 401')),
    'on Flink': flinkFailed(
      'org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [views]',
    ),
  }),
  ...cases('topic-missing', {
    'at the start': failed(failure(1, 'NOT_FOUND', "topic 'views' does not exist on kafka:9092")),
    'deep in the causes': failed(
      failure(1, 'CONNECTION', 'source views failed', { causes: ["topic 'views' does not exist"] }),
    ),
    'on Flink': flinkFailed(
      'org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.',
    ),
  }),
  ...cases('topic-recreated', {
    'made anew': failed(
      failure(
        1,
        'CONFLICT',
        "topic 'views', partition 0: the topic was deleted and made anew since its position was taken",
      ),
    ),
    deleted: failed(failure(1, 'NOT_FOUND', "topic 'views' was deleted while it was read")),
  }),
  ...cases('retention-overtaken', {
    'deleted records': failed(
      failure(1, 'NOT_FOUND', "topic 'views', partition 0: expected offset 5, but the partition holds 900 to 1200"),
    ),
    'on Flink': flinkFailed(
      'org.apache.kafka.clients.consumer.OffsetOutOfRangeException: Fetch position {offset=5} is out of range',
    ),
  }),
  ...cases('disk-full', {
    'while a state file is written': looping(
      failure(0, 'CHECKPOINT', 'checkpoint 4: subtask window (1/2) failed'),
      failure(1, 'CHECKPOINT', 'state file /data/chk-3/0: cannot be written: ENOSPC: no space left on device, write'),
    ),
    'of the sink': failed(
      failure(1, 'IO', "/lake/totals: can't be written: ENOSPC: no space left on device", {
        task: 'sink totals (1/1)',
      }),
    ),
    'only checkpoints fail': running({
      history: [5, 4, 3].map((id) =>
        checkpoint(id + 54, {
          status: 'FAILED',
          failure: 'state file chk: cannot be written: ENOSPC: no space left on device',
        }),
      ),
    }),
    'on Flink': flinkFailed(
      'Exceeded checkpoint tolerable failure threshold.',
      'java.io.IOException: No space left on device',
    ),
  }),
  ...cases('sink-unreachable', {
    'its catalog': looping(
      failure(0, 'CONNECTION', 'POST http://lake:8181/v1/namespaces/db/tables/totals: no answer: ECONNREFUSED'),
      failure(1, 'CONNECTION', 'POST http://lake:8181/v1/namespaces/db/tables/totals: no answer: ECONNREFUSED'),
    ),
    'a commit that does not come through': failed(
      failure(1, 'COMMIT', 'sink totals: cannot commit: no answer', { causes: ['no answer'] }),
    ),
    'the brokers of the sink': failed(refused(1, { task: 'sink totals (1/1)' })),
    'on Flink': flinkFailed(
      'org.apache.iceberg.exceptions.RESTException: Error occurred while processing POST request: Connection refused (catalog http://lake:8181)',
    ),
  }),
  ...cases('commit-conflict', {
    'of the table': failed(failure(1, 'CONFLICT', "table 'db.totals': Requirement failed: branch main has changed")),
    'of the transaction': failed(
      failure(1, 'CONFLICT', 'INVALID_PRODUCER_EPOCH: another process has taken over, or the transaction timed out', {
        task: 'sink totals (1/1)',
      }),
    ),
    'on Flink': flinkFailed(
      'org.apache.iceberg.exceptions.CommitFailedException: Requirement failed: branch main has changed',
    ),
  }),
  ...cases('out-of-memory', {
    'a worker': failed(
      failure(1, 'INTERNAL', 'a worker ended: Worker terminated due to reaching memory limit: JS heap out of memory'),
    ),
    'the process was killed': onFlink(observed({ state: 'ABSENT' }), {
      engine: 'millrace',
      deployment: { ...deployment, state: 'FAILED', error: 'the process of the job was killed by SIGKILL' },
    }),
    'only its log says so': onFlink(observed({ state: 'FAILED' }), {
      engine: 'millrace',
      deployment,
      logs: [
        'checkpoint 9 completed',
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      ],
    }),
    'on Flink': flinkFailed('java.lang.OutOfMemoryError: Java heap space'),
  }),
  ...cases('checkpoints-failing', {
    'several in a row': running({
      history: [59, 58, 57].map((id) => checkpoint(id, { status: 'FAILED', failure: `checkpoint ${id} expired` })),
    }),
    'none since long': running({ history: [checkpoint(20)] }),
    'one that never ends': running({ history: [checkpoint(45, { status: 'IN_PROGRESS' }), checkpoint(44)] }),
    'on Flink': onFlink(observed(), {
      deployment: {
        ...deployment,
        health: [{ name: 'checkpoint-age', verdict: 'failing', text: 'the newest is 900 s old' }],
      },
    }),
  }),
  ...cases('checkpoints-slow', {
    'most of the interval': running({ history: [59, 58, 57].map((id) => checkpoint(id, { durationMs: 45_000 })) }),
    'short interval': running({
      intervalMs: 2_000,
      history: [59, 58, 57].map((id) => checkpoint(id, { durationMs: 1_800 })),
    }),
  }),
  ...cases('bottleneck', {
    'behind a pressed source': piped([{ pressed: 0.8, lag: 500_000 }], [{ busy: 0.98 }, { busy: 0.95 }], [{}]),
    'half pressed': piped([{ pressed: 0.3, lag: 200_000 }], [{ busy: 0.85 }, { busy: 0.9 }], [{}]),
    'in one chain': running({ vertices: [vertex('source to sink', [{ busy: 0.97, lag: 900_000 }], { sink: true })] }),
    'lag that grows': facts(status({ vertices: [vertex('source views', [{ busy: 0.95, lag: 8_000 }])] }), {
      earlier: status({
        now: now - 2_000,
        vertices: [
          vertex('source views', [{ busyMs: 0.95 * 60 * minute - 1_950, idleMs: 0.05 * 60 * minute - 50, lag: 5_000 }]),
        ],
      }),
    }),
  }),
  ...cases('slow-sink', {
    'all wait for it': piped([{ pressed: 0.9, lag: 400_000 }], [{ pressed: 0.7 }, { pressed: 0.8 }], [{ busy: 0.99 }]),
    'and checkpoints are slow': running({
      vertices: [vertex('source views', [{ pressed: 0.9, lag: 400_000 }]), vertex('sink totals', [{ busy: 0.99 }])],
      history: [59, 58, 57].map((id) => checkpoint(id, { durationMs: 50_000 })),
    }),
  }),
  ...cases('skew', {
    'one of four': piped(
      [{ pressed: 0.6, lag: 400_000 }],
      [
        { busy: 0.97, recordsIn: 900_000 },
        { busy: 0.05, recordsIn: 9_000 },
        { busy: 0.05, recordsIn: 8_000 },
        { busy: 0.04, recordsIn: 9_500 },
      ],
      [{}],
    ),
    'one of two': piped(
      [{ pressed: 0.4, lag: 150_000 }],
      [
        { busy: 0.2, recordsIn: 20_000 },
        { busy: 0.9, recordsIn: 300_000 },
      ],
      [{}],
    ),
  }),
  ...cases('source-stalled', {
    'lag, and nobody works': piped([{ busy: 0.01, lag: 50_000 }], [{ busy: 0 }], [{ busy: 0 }]),
    'nothing came between two looks': facts(
      status({ vertices: [vertex('source views', [{ busy: 0.02, lag: 70_000 }])] }),
      {
        earlier: status({
          now: now - 2_000,
          vertices: [
            vertex('source views', [{ busy: 0.02, lag: 70_000, idleMs: 1_000, busyMs: 0, backPressuredMs: 0 }]),
          ],
        }),
      },
    ),
  }),
  ...cases('idle-partition', {
    'one of three': partitioned({}, { quietMs: 300_000, watermark: now - 305_000 }, {}),
    'one that never had a row': partitioned({}, { quietMs: 900_000, watermark: null }),
  }),
  ...cases('clock-skew', {
    'a producer an hour ahead': partitioned({ watermark: now + 60 * minute }, {}),
    'and the others are late': running({
      vertices: [
        vertex('source views', [{ lag: 3, splitTimes: [split({ watermark: now + 600 * minute })] }]),
        vertex('window', [{ counters: { lateRecords: 40_000 } }]),
      ],
    }),
  }),
  ...cases('late-data', {
    thousands: piped([{ lag: 1 }], [{ counters: { lateRecords: 4_000 } }, {}], [{}]),
    'most of few': piped([{ lag: 1 }], [{ recordsIn: 200, counters: { lateRecords: 150 } }], [{}]),
  }),
  ...cases('no-input', {
    'since the start': piped(
      [{ busy: 0, recordsIn: 0, recordsOut: 0, lag: 0 }],
      [{ busy: 0, recordsIn: 0, recordsOut: 0 }],
      [{ busy: 0 }],
    ),
  }),
  ...cases('rows-unaccounted', {
    'an operator lost some': running({
      audit: {
        epochs: 59,
        unbalanced: 2,
        latest: null,
        totals: [],
        findings: [
          {
            runId: 'r',
            checkpointId: 57,
            time: now - 3 * minute,
            balanced: false,
            nodes: [],
            imbalances: [
              { nodeId: 'n', place: 'window', equation: 'in = used + late', left: 100, right: 98, missing: 2 },
            ],
          },
        ],
      },
    }),
  }),
  ...cases('state-large', {
    '20 GB': piped([{ lag: 1 }], [{ stateBytes: 20 * 2 ** 30 }], [{}]),
  }),
  ...cases('blocked-loop', { 'late by seconds': running({ eventLoopLagMs: 4_000 }) }),
  ...cases('state-mismatch', {
    'a changed query': failed(
      failure(
        1,
        'CHECKPOINT',
        'checkpoint /d/chk-9: it holds state of another form than the job has now: GroupAggregate[3]',
      ),
    ),
    'on Flink': flinkFailed(
      'java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint. Cannot map checkpoint/savepoint state for operator 5f',
    ),
  }),
  ...cases('data-directory-taken', {
    'by another run': failed(failure(1, 'CONFLICT', 'data directory /data: another process owns it (waited 500 ms)')),
  }),
  ...cases('table-missing', {
    'of the sink': failed(failure(1, 'NOT_FOUND', "table 'db.totals': the Iceberg catalog has none of this name")),
    'a directory': failed(failure(1, 'NOT_FOUND', '/in: expected a file or a directory, found none')),
  }),
  ...cases('file-failed', {
    'a directory in the way': failed(
      failure(1, 'IO', "/out: can't be written: ENOTDIR: not a directory, mkdir '/out/x'", {
        task: 'sink totals (1/1)',
      }),
    ),
  }),
  ...cases('job-invalid', {
    'an unknown option': failed(failure(1, 'INVALID_OPTION', "table views: option 'topik' is unknown")),
  }),
  ...cases('engine-silent', {
    'does not answer': onFlink(observed(), {
      deployment: {
        ...deployment,
        health: [{ name: 'liveness', verdict: 'failing', text: 'its engine has not answered for 90 s' }],
      },
    }),
    'a task manager is gone': flinkFailed('Heartbeat of TaskManager with id 10.0.0.3:41 timed out'),
  }),
  ...cases('unknown-failure', {
    'in no table': flinkFailed('com.example.Strange: the moon is full'),
  }),
  ...cases('engine-fault', { 'an invariant': failed(failure(1, 'INTERNAL', 'invariant does not hold: credits 3')) }),
];

/** Nothing is wrong with these. */
export const healthyCases: Readonly<Record<string, JobFacts>> = {
  'a job that is well': facts(status()),
  'one that has just started': facts(status({ startTime: now - 5_000, history: [] })),
  'one that came to its end': facts(status({ state: 'FINISHED', exceptions: [refused(20)] })),
  'one that was cancelled': facts(status({ state: 'CANCELED' })),
  'one that got over a failure': facts(status({ restarts: 1, exceptions: [refused(5)] })),
  'one that failed hours ago': facts(
    status({ restarts: 4, exceptions: [refused(300), refused(301), refused(302), refused(303)] }),
  ),
  'caught up, waiting': piped([{ busy: 0.001, lag: 0 }], [{ busy: 0.001 }], [{ busy: 0.001 }]),
  'busy, but not behind': piped([{ busy: 0.9, lag: 10 }], [{ busy: 0.85 }], [{}]),
  'an odd bad record': piped([{ lag: 1, counters: { deadLetters: 3 } }], [{ counters: { lateRecords: 2 } }], [{}]),
  'an idle partition that was let go': partitioned({}, { quietMs: 900_000, watermark: now - 900_000, idle: true }),
  'all partitions quiet': partitioned({ quietMs: 900_000 }, { quietMs: 800_000 }),
  'an ended split': partitioned({}, { quietMs: 900_000, watermark: null, ended: true }),
  'one checkpoint that failed': facts(
    status({ history: [checkpoint(59, { status: 'FAILED', failure: 'late' }), checkpoint(58)] }),
  ),
  'savepoints that failed': facts(
    status({
      history: [
        checkpoint(61, { status: 'FAILED', savepoint: true }),
        checkpoint(60, { status: 'FAILED', savepoint: true }),
        checkpoint(59),
      ],
    }),
  ),
  'on Flink': onFlink(observed(), { deployment }),
  suspended: onFlink(observed({ state: 'ABSENT' }), {
    deployment: { ...deployment, state: 'SUSPENDED', wanted: 'suspended' },
  }),
};
