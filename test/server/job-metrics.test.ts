import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../src/model/job-status.ts';
import { JobMetrics } from '../../src/server/job-metrics.ts';
import { counterSpecs, gaugeSpecs } from '../../src/server/metric-specs.ts';
import { jobStatus, subtask, unbalancedAudit } from './job-status-fixture.ts';

/** The values of one metric, by the text of its labels. */
async function scrape(metrics: JobMetrics, jobs: readonly JobStatus[], name: string): Promise<Record<string, number>> {
  const lines = (await metrics.render(jobs)).split('\n').filter((line) => line.startsWith(`millrace_${name}{`));
  return Object.fromEntries(
    lines.map((line) => [line.slice(line.indexOf('{'), line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const withSource = (...records: readonly (readonly [recordsIn: number, startTime: number])[]): JobStatus => {
  const [source, ...rest] = jobStatus().vertices;
  const subtasks = records.map(([recordsIn, startTime], index) => subtask(index, { recordsIn, startTime }));
  return jobStatus({ vertices: [{ ...source!, subtasks }, ...rest] });
};
const sourceLabels = '{job="orders",operator="Source: t[1] -> Calc[2]"}';

describe('a scrape', () => {
  const metrics = new JobMetrics('1.2.3');

  it.each([
    ['records_in_total', { [sourceLabels]: 200 }],
    ['operator_busy_seconds_total', { [sourceLabels]: 1.2 }],
    ['watermark_lag_seconds', { [sourceLabels]: 40 }],
    ['state_bytes', { [sourceLabels]: 2_048 }],
    ['late_records_total', { '{job="orders",operator="GlobalWindowAggregate[3] -> Sink: o[4]"}': 3 }],
    ['checkpoints_total', { '{job="orders",result="completed"}': 2, '{job="orders",result="failed"}': 1 }],
    ['checkpoint_duration_seconds', { '{job="orders"}': 0.04 }],
    ['last_checkpoint_timestamp_seconds', { '{job="orders"}': 20.04 }],
    ['job_state', { '{job="orders",state="RUNNING"}': 1, '{job="orders",state="FAILED"}': 0 }],
    ['build_info', { '{version="1.2.3"}': 1 }],
    ['event_loop_lag_seconds', { '{job="orders"}': 0.012 }],
  ])('has %s', async (name, expected) => {
    expect(await scrape(new JobMetrics('1.2.3'), [jobStatus()], name)).toMatchObject(expected);
  });

  it('has the lag of each partition, where it is known', async () => {
    const labels = (partition: number) =>
      `{job="orders",operator="Source: t[1] -> Calc[2]",topic="t",partition="${partition}"}`;
    expect(await scrape(metrics, [jobStatus()], 'consumer_lag_records')).toEqual({ [labels(0)]: 7, [labels(1)]: 0 });
    expect(await scrape(metrics, [jobStatus()], 'consumer_lag_seconds')).toEqual({ [labels(0)]: 1.5 });
  });

  it('leaves the watermark out while a subtask has none', async () => {
    const lag = await scrape(metrics, [jobStatus()], 'watermark_lag_seconds');
    expect(Object.keys(lag)).toEqual([sourceLabels]);
  });

  it('has what became of the rows of each operator, and whether they balance', async () => {
    const jobs = [jobStatus({ audit: unbalancedAudit() })];
    const rows = await scrape(new JobMetrics('1'), jobs, 'job_audit_rows_total');
    const labels = (operator: string, kind: string) => `{job="orders",operator="${operator}",kind="${kind}"}`;
    expect(rows).toMatchObject({
      [labels('Source: t[1]', 'deadLetters')]: 3,
      [labels('Calc[2]', 'in')]: 100,
      [labels('Calc[2]', 'filtered')]: 40,
      [labels('GlobalWindowAggregate[3]', 'late')]: 2,
    });
    expect(Object.keys(rows).filter((each) => /waiting|made/.test(each))).toEqual([]);
    expect(await scrape(new JobMetrics('1'), jobs, 'job_audit_epochs_total')).toEqual({
      '{job="orders",result="balanced"}': 2,
      '{job="orders",result="unbalanced"}': 1,
    });
    expect(await scrape(new JobMetrics('1'), jobs, 'job_audit_balanced')).toEqual({ '{job="orders"}': 0 });
    const waiting = await scrape(new JobMetrics('1'), jobs, 'job_audit_waiting_rows');
    expect(waiting).toMatchObject({ '{job="orders",operator="GlobalWindowAggregate[3]"}': 4 });
  });

  it('forgets the gauges of a job that is gone', async () => {
    await metrics.render([jobStatus()]);
    expect(await scrape(metrics, [], 'job_state')).toEqual({});
  });
});

describe('counters', () => {
  it('never fall, though subtasks count anew after a restart', async () => {
    const metrics = new JobMetrics('1');
    const seen: number[] = [];
    for (const status of [
      withSource([10, 1], [10, 1]),
      withSource([15, 1], [10, 1]),
      withSource([2, 9], [1, 9]), // both restarted
      withSource([2, 9], [30, 9]),
    ]) {
      seen.push((await scrape(metrics, [status], 'records_in_total'))[sourceLabels]!);
    }
    expect(seen).toEqual([20, 25, 28, 57]);
  });

  it('are not taken for a fall when a restarted subtask has overtaken itself', async () => {
    const metrics = new JobMetrics('1');
    await metrics.render([withSource([10, 1])]);
    expect(await scrape(metrics, [withSource([25, 9])], 'records_in_total')).toMatchObject({ [sourceLabels]: 35 });
  });
});

describe('names', () => {
  it('say the kind: counters end in _total, gauges do not', () => {
    expect(counterSpecs.every(({ name }) => name.endsWith('_total'))).toBe(true);
    expect(gaugeSpecs.some(({ name }) => name.endsWith('_total'))).toBe(false);
  });

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
  it.skipIf(!hasPromtool)('pass promtool check metrics', async () => {
    const input = await new JobMetrics('1.2.3').render([jobStatus()]);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });
});
