import { describe, expect, it } from 'vitest';
import { executionSettings, requestedParallelism, sessionTimeZone } from '../../src/job/execution-settings.ts';
import { checkSetting, checkSettings, settingSpecs } from '../../src/job/settings.ts';

const options = { dataDirectory: '/data', workingDirectory: '/work' };
const settingsOf = (given: Record<string, string>) =>
  executionSettings(checkSettings(new Map(Object.entries(given))), options);

describe('one SET', () => {
  const obeyed = settingSpecs.filter((spec) => spec.withoutEffect !== true && spec.default !== undefined);

  it.each(obeyed.map((spec) => [spec.key, spec.default!]))('obeys %s = its default %s', (key, value) => {
    expect(checkSetting(key, value)).toBeNull();
  });

  it.each([
    ['state.backend.type', 'rocksdb'],
    ['table.optimizer.agg-phase-strategy', 'TWO_PHASE'],
    ['sql-client.execution.result-mode', 'TABLEAU'],
    ['execution.checkpointing.unaligned.enabled', 'true'],
    ['table.exec.uid.generation', 'ALWAYS'],
  ])('says why %s is without effect', (key, value) => {
    expect(checkSetting(key, value)).toMatch(/^[A-Z].*\.$/);
  });

  it.each([
    ['paralelism.default', '2', 'INVALID_OPTION', /unknown setting/, /'parallelism.default'/],
    ['millrace.nothing-of-the-kind', '1', 'INVALID_OPTION', /unknown setting/, /millrace\./],
    ['pipeline.name', '../x', 'INVALID_OPTION', /without \//, /directory/],
    ['pipeline.name', '..', 'INVALID_OPTION', /without \//, /directory/],
    ['parallelism.default', '0', 'INVALID_OPTION', /whole number from 1/, /Subtasks/],
    ['execution.checkpointing.interval', 'soon', 'INVALID_OPTION', /a duration/, /checkpoints/],
    ['restart-strategy.type', 'maybe', 'INVALID_OPTION', /'exponential-delay', 'fixed-delay'/, /failure/],
    ['execution.runtime-mode', 'BATCH', 'UNSUPPORTED', /'STREAMING', got 'BATCH'/, /streaming/],
    ['table.exec.spill-compression.enabled', 'true', 'UNSUPPORTED', /batch mode/, /Flink/],
    ['table.exec.sink.type-length-enforcer', 'CUT', 'INVALID_OPTION', /'IGNORE'/, /cut to the length/],
  ])('refuses %s = %s', (key, value, code, message, hint) => {
    expect(() => checkSetting(key, value)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message), hint: expect.stringMatching(hint) }),
    );
  });

  it('knows each key once', () => {
    const keys = settingSpecs.map((spec) => spec.key);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });
});

describe('execution settings', () => {
  it('have defaults', () => {
    expect(settingsOf({})).toEqual({
      checkpointIntervalMs: 10_000,
      checkpointTimeoutMs: 600_000,
      retainedCheckpoints: 1,
      tolerableFailedCheckpoints: 0,
      checkpointDirectory: '/data/checkpoints',
      savepointDirectory: '/data/savepoints',
      restart: {
        kind: 'exponential-delay',
        initialMs: 1_000,
        maxMs: 60_000,
        multiplier: 1.5,
        resetMs: 3_600_000,
        jitter: 0.1,
        attempts: Number.POSITIVE_INFINITY,
      },
      deadLetter: expect.any(Object),
    });
  });

  it.each([
    ['relative/path', '/work/relative/path'],
    ['/absolute', '/absolute'],
    ['file:///of/url', '/of/url'],
  ])('keep checkpoints in %s', (text, directory) => {
    expect(settingsOf({ 'execution.checkpointing.dir': text }).checkpointDirectory).toBe(directory);
  });

  it('refuse checkpoints on an object store', () => {
    expect(() => settingsOf({ 'execution.checkpointing.savepoint-dir': 's3://bucket/x' })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('s3://bucket/x') }),
    );
  });

  it.each([
    [{ 'restart-strategy.type': 'none' }, { kind: 'none' }],
    [{ 'restart-strategy.type': 'off' }, { kind: 'none' }],
    [
      { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '7' },
      { kind: 'fixed-delay', attempts: 7, delayMs: 1_000 },
    ],
    [
      { 'restart-strategy.type': 'failure-rate', 'restart-strategy.failure-rate.delay': '2 s' },
      { kind: 'failure-rate', maxFailures: 1, intervalMs: 60_000, delayMs: 2_000 },
    ],
  ])('restart as %s says', (given, restart) => {
    expect(settingsOf(given).restart).toEqual(restart);
  });

  it('keep dead letters where the script says', () => {
    const { deadLetter } = settingsOf({ 'millrace.dead-letter.mode': 'file', 'millrace.dead-letter.path': 'bad' });
    expect(deadLetter).toMatchObject({ 'millrace.dead-letter.mode': 'file', 'millrace.dead-letter.path': '/work/bad' });
    expect(() => settingsOf({ 'millrace.dead-letter.mode': 'file' })).toThrow(/millrace.dead-letter.path/);
  });

  it('refuse a first pause longer than the longest', () => {
    const given = {
      'restart-strategy.exponential-delay.initial-backoff': '2 min',
      'restart-strategy.exponential-delay.max-backoff': '1 min',
    };
    expect(() => settingsOf(given)).toThrow(/at the most max-backoff \(60000 ms\), got 120000 ms/);
  });
});

describe('parallelism', () => {
  it.each([
    [{}, null, null],
    [{ 'parallelism.default': '3' }, null, 3],
    [{ 'parallelism.default': '3', 'table.exec.resource.default-parallelism': '5' }, null, 5],
    [{ 'parallelism.default': '3' }, 8, 8],
  ])('of %o and the command line %s is %s', (given, commandLine, expected) => {
    expect(requestedParallelism(checkSettings(new Map(Object.entries(given))), commandLine)).toBe(expected);
  });
});

describe('time zone', () => {
  it("is the machine's unless set", () => {
    expect(sessionTimeZone(checkSettings(new Map()), 'Asia/Kolkata')).toBe('Asia/Kolkata');
    expect(sessionTimeZone(checkSettings(new Map([['table.local-time-zone', 'GMT+02:00']])), 'UTC')).toBe('GMT+02:00');
  });

  it('is refused when there is none of the name', () => {
    expect(() => checkSetting('table.local-time-zone', 'Mars/Olympus')).toThrow(/got 'Mars\/Olympus'/);
  });
});
