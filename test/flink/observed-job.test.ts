import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FlinkHttp } from '../../src/flink/flink-http.ts';
import { errorOfFault, faultText } from '../../src/flink/java-fault.ts';
import { readJobLogs } from '../../src/flink/job-logs.ts';
import { type JobMetrics, readJobMetrics } from '../../src/flink/job-metrics.ts';
import { observedJob } from '../../src/flink/observed-job.ts';
import type { JobDetails } from '../../src/flink/rest-answers.ts';
import { plainText } from '../../src/model/plain-text.ts';
import { type FakeFlink, fakeFlink, javaTrace } from '../support/fake-flink.ts';

const jobId = '45c9f58d8bb735d62abf2aece4d5653d';
const source = 'cbc357ccb763df2852fee8c4fc7d55f2';
const sink = 'c27dcf7b54ef6bfd6cff02ca8870b681';

/** A Kafka source before a window and a Kafka sink, as Flink 2.3.0 shows it. */
const details: JobDetails = {
  jid: jobId,
  name: 'staging/creator-analytics',
  state: 'RUNNING',
  'start-time': 1_795_329_560_590,
  'end-time': -1,
  vertices: [
    {
      id: source,
      name: 'Source: KafkaSource-default_catalog.default_database.i -> Calc[1084]',
      parallelism: 4,
      metrics: { 'read-records': 0, 'write-records': 70 },
    },
    {
      id: sink,
      name: 'GlobalWindowAggregate[1087] -> o[1089]: Writer -> o[1089]: Committer',
      parallelism: 2,
      metrics: { 'read-records': 68, 'write-records': 0 },
    },
  ],
  plan: { nodes: [{ id: sink, inputs: [{ id: source }] }, { id: source }] },
};

let flink: FakeFlink;
let rest: FlinkHttp;

beforeEach(async () => {
  flink = await fakeFlink();
  rest = new FlinkHttp({ base: flink.url, timeoutMs: 5_000, token: null });
});
afterEach(async () => {
  await flink.close();
});

function metricsPage(vertex: string, values: Readonly<Record<string, Readonly<{ min?: number; sum?: number }>>>): void {
  flink.pages.set(
    `/jobs/${jobId}/vertices/${vertex}/subtasks/metrics`,
    Object.entries(values).map(([id, value]) => ({ id, ...value })),
  );
}

describe('the numbers of a job', () => {
  it('are those of its sources and sinks, summed over subtasks, and the least watermark', async () => {
    flink.pages.set(`/jobs/${jobId}/metrics`, [{ id: 'numRestarts', value: '3' }]);
    metricsPage(source, {
      'Source__KafkaSource-i.pendingRecords': { sum: 1_200 },
      'Source__KafkaSource-i.numRecordsIn': { sum: 9_000 },
      'Source__KafkaSource-i.currentOutputWatermark': { min: 1_795_329_000_000 },
      mailboxLatencyMs_p99: { sum: 1 },
    });
    metricsPage(sink, {
      'o[1089]__Writer.numRecordsIn': { sum: 40 },
      currentInputWatermark: { min: 1_795_328_999_000 },
    });
    expect(await readJobMetrics(rest, details)).toEqual({
      restarts: 3,
      lagRecords: 1_200,
      recordsIn: 9_000,
      recordsOut: 40,
      watermark: 1_795_328_999_000,
    });
    expect(flink.requests.filter((line) => line.includes('get=')).join()).not.toContain('mailbox');
  });

  it('are unknown, or those of the archive, where there are no metrics', async () => {
    expect(await readJobMetrics(rest, details)).toEqual({
      restarts: null,
      lagRecords: null,
      recordsIn: 70,
      recordsOut: 68,
      watermark: null,
    });
  });

  it('have no watermark while a subtask has none', async () => {
    metricsPage(source, { 'Source__i.currentOutputWatermark': { min: 7 }, currentInputWatermark: { min: 7 } });
    metricsPage(sink, { currentInputWatermark: { min: -9.223372036854776e18 } });
    expect((await readJobMetrics(rest, details)).watermark).toBeNull();
  });
});

describe('a job as Flink tells of it', () => {
  const metrics: JobMetrics = { restarts: 1, lagRecords: 5, recordsIn: 10, recordsOut: 8, watermark: 7 };

  it('has the newest state that is still there, and its exceptions with the task', () => {
    const chk = { id: 4, latest_ack_timestamp: 9, external_path: 'file:/chk-4', discarded: false };
    const savepoint = { id: 5, latest_ack_timestamp: 11, external_path: 'file:/savepoint-5', discarded: true };
    const stacktrace =
      'org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy\n\tat a.b(C.java:1)\nCaused by: java.lang.RuntimeException: One or more fetchers have encountered exception\n\tat a.b(C.java:2)\n\t... 4 more\nCaused by: java.io.IOException: Failed to deserialize JSON \u001b[31m{"a":\u202e1}.\n\t... 5 more';
    const entry = {
      exceptionName: 'x',
      timestamp: 12,
      stacktrace,
      concurrentExceptions: [{ timestamp: 11, taskName: 'Source: bad[1116] (1/1) - execution #0' }],
    };
    const job = observedJob(
      details,
      { counts: { completed: 4, failed: 1 }, latest: { completed: chk, savepoint } },
      { exceptionHistory: { entries: [entry] } },
      metrics,
      'https://flink.example',
    );
    expect(job).toMatchObject({
      jobId,
      name: 'staging/creator-analytics',
      state: 'RUNNING',
      endTime: null,
      parallelism: 4,
      lagRecords: 5,
      checkpoints: { completed: 4, failed: 1, latestTime: 9, latestPath: 'file:/chk-4' },
      view: `https://flink.example/#/job/running/${jobId}/overview`,
    });
    expect(job.exceptions).toEqual([
      {
        time: 12,
        task: 'Source: bad[1116] (1/1) - execution #0',
        text: 'RuntimeException: One or more fetchers have encountered exception\nIOException: Failed to deserialize JSON {"a":1}.',
      },
    ]);
  });

  it.each(['RECONCILING', 'SOMETHING_NEW'])('%s is a beginning', (state) => {
    expect(observedJob({ ...details, state }, {}, {}, metrics, '').state).toBe('INITIALIZING');
  });
});

describe('the log of a job', () => {
  it('is that of its task managers and what the JobManager says of it, by time', async () => {
    flink.pages.set(`/jobs/${jobId}`, details);
    flink.pages.set(`/jobs/${jobId}/vertices/${source}/taskmanagers`, {
      taskmanagers: [{ 'taskmanager-id': '127.0.0.1:38901-a7bd6d' }],
    });
    flink.pages.set(
      '/jobmanager/log',
      `cut off\n2026-11-25 12:48:38,367 INFO  a [] - Job x (${jobId}) switched to RUNNING.\n\tat more\n2026-11-25 12:48:39,000 INFO  a [] - of another job\n`,
    );
    flink.pages.set(
      '/taskmanagers/127.0.0.1%3A38901-a7bd6d/log',
      '2026-11-25 12:48:38,100 INFO  b [] - first\n2026-11-25 12:48:40,000 WARN  b [] - last\u0007\n',
    );
    const lines = [
      '12:48:38,100 INFO  b [] - first',
      `12:48:38,367 INFO  a [] - Job x (${jobId}) switched to RUNNING.`,
      '\tat more',
      '12:48:40,000 WARN  b [] - last',
    ];
    expect((await readJobLogs(rest, jobId, 10)).map((line) => line.replace('2026-11-25 ', ''))).toEqual(lines);
    expect(await readJobLogs(rest, jobId, 1)).toHaveLength(1);
  });

  it('is UNSUPPORTED where Flink has no files', async () => {
    flink.pages.set(`/jobs/${jobId}`, details);
    await expect(readJobLogs(rest, jobId, 10)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('of any length is kept to its end', async () => {
    flink.pages.set('/jobmanager/log', `${'x'.repeat(3_000_000)}THE END`);
    expect(await rest.tail('/jobmanager/log', 10)).toBe('xxxTHE END');
  });
});

describe('what Flink says went wrong', () => {
  it.each([
    ['org.apache.flink.table.api.SqlParserException: SQL parse failed.', 'SQL_SYNTAX'],
    ['org.apache.flink.table.api.ValidationException: Object not found', 'SQL_VALIDATION'],
    ['org.apache.pekko.pattern.AskTimeoutException: Ask timed out', 'CONNECTION'],
    ['java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory', 'CHECKPOINT'],
    ['java.lang.IllegalStateException: what nobody knows', 'SQL_VALIDATION'],
  ])('%s is %s', (cause, code) => {
    const trace = javaTrace(
      'org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed to fetchResults.',
      cause,
    );
    expect(errorOfFault(trace.join('\n'), 'line 3')).toMatchObject({
      code,
      message: `line 3: Flink answers: ${cause.replace(/^.*\.(?=[A-Z])/, '')}`,
    });
  });

  it('is short, also where there is no stack trace', () => {
    expect(faultText('')).toBe('');
    expect(faultText('<html>bad gateway</html>\nmore')).toBe('<html>bad gateway</html>');
    expect(faultText(`java.lang.RuntimeException: ${'x'.repeat(5_000)}`).length).toBeLessThan(1_100);
  });

  it('steers nothing', () => {
    expect(
      plainText('\u001b[31;1m[ERROR]\u001b[0m a\nb\u200bc\u{e0041}\u202e\ufe0f [x]\u001b]0;title\u0007', 100),
    ).toBe('[ERROR] a\nbc [x]');
  });
});
