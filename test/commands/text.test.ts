import { describe, expect, it } from 'vitest';
import { errorText } from '../../src/commands/error-text.ts';
import { exitCodeOf } from '../../src/commands/exit-code.ts';
import { bytesText, countText, durationText, groupedText } from '../../src/commands/human.ts';
import { progressText, sampleOf, showProgress } from '../../src/commands/progress.ts';
import { redactor } from '../../src/commands/redaction.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { errorCodes } from '../../src/model/errors.ts';
import { jobStatus } from '../server/job-status-fixture.ts';
import { memoryTerminal } from './terminal.ts';

describe('exit codes', () => {
  it.each([
    ['SQL_SYNTAX', 2],
    ['UNSUPPORTED', 2],
    ['NOT_FOUND', 3],
    ['PERMISSION', 4],
    ['CONFLICT', 5],
    ['TIMEOUT', 124],
    ['INTERRUPTED', 130],
    ['CONNECTION', 1],
    ['INTERNAL', 1],
  ] as const)('of %s is %i', (code, expected) => {
    expect(exitCodeOf(code)).toBe(expected);
  });

  it('exist for every error', () => {
    expect(errorCodes.map(exitCodeOf).every((code) => code > 0)).toBe(true);
  });
});

describe('an error', () => {
  const error = {
    code: 'CONNECTION',
    message: 'broker b:9092: no answer\nsecond line',
    retryable: true,
    hint: 'Start it.',
    causes: ['connect ECONNREFUSED', 'no answer'],
    stack: 'Error: …\n    at x.ts:1',
  } as const;

  it('says what, why and what to do', () => {
    expect(errorText(error, { verbose: false, color: false })).toBe(
      'error: broker b:9092: no answer\nsecond line\n  because: connect ECONNREFUSED\n  Start it.\n',
    );
  });

  it('has its stack trace only when asked for', () => {
    expect(errorText(error, { verbose: true, color: false })).toContain('at x.ts:1');
  });

  it('that is a bug says so', () => {
    expect(errorText({ ...error, code: 'INTERNAL' }, { verbose: false, color: false })).toContain('fault in Millrace');
  });

  it('is coloured on request', () => {
    expect(errorText(error, { verbose: false, color: true })).toContain('\u001b[31merror:');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [950, '950'],
    [1_234, '1.23 k'],
    [2_700_000, '2.70 M'],
    [3_000_000_000, '3.00 G'],
  ])('%d is %s', (value, text) => expect(countText(value)).toBe(text));

  it.each([
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [185_000, '3 min 05 s'],
    [7_440_000, '2 h 04 min'],
  ])('%d ms is %s', (value, text) => expect(durationText(value)).toBe(text));

  it('are grouped', () => {
    expect([0, 999, 1_000, 1_234_567].map(groupedText)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([512, 2_048, 5 * 1024 ** 2].map(bytesText)).toEqual(['512 B', '2.00 KiB', '5.00 MiB']);
  });
});

describe('progress', () => {
  it('tells rate, lag, watermark and checkpoint', () => {
    const before = { time: 80_000, records: 100 };
    expect(progressText(jobStatus({ restarts: 1 }), before)).toBe(
      'orders RUNNING · 10 rec/s (200) · lag 7 (1.5 s) · watermark 1970-01-01 00:00:50Z · checkpoint 2 (40 ms, 2.00 KiB) · 1 restart',
    );
    expect(sampleOf(jobStatus())).toEqual({ time: 90_000, records: 200 });
  });

  it('has the rate since the start at first', () => {
    expect(progressText(jobStatus({ now: 11_000 }), null)).toContain(' 20 rec/s (200)');
  });

  it('has no negative rate after a restart', () => {
    expect(progressText(jobStatus(), { time: 80_000, records: 5_000 })).toContain(' 0 rec/s');
  });

  /** Lets `ticks` sleeps pass, then none. */
  const clockOf = (ticks: number): Clock & { slept: number[] } => {
    const slept: number[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      slept.push(ms);
      if (slept.length <= ticks) return Promise.resolve();
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
    };
    return { now: () => 0, monotonic: () => 0, random: () => 0, sleep, slept };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('is one line on a terminal, cut to its width', async () => {
    const terminal = memoryTerminal({ isTerminal: true, columns: 21 });
    const progress = showProgress(jobStatus, terminal, clockOf(1), false);
    await settle();
    progress.say('talk');
    await progress.stop();
    expect(terminal.text()).toBe('\r\u001b[2Korders RUNNING · 2 r\r\u001b[2Ktalk\n\r\u001b[2Korders RUNNING · 0 r\n');
  });

  it('is a line every ten seconds elsewhere, and nothing when quiet', async () => {
    const terminal = memoryTerminal();
    const clock = clockOf(2);
    const progress = showProgress(jobStatus, terminal, clock, false);
    await settle();
    await progress.stop();
    expect(terminal.text().split('\n')).toHaveLength(3);
    expect(new Set(clock.slept)).toEqual(new Set([10_000]));
    const quiet = memoryTerminal();
    await showProgress(jobStatus, quiet, clockOf(2), true).stop();
    expect(quiet.text()).toBe('');
  });
});

describe('redaction', () => {
  it('takes every form of a secret out', () => {
    const hide = redactor(["it's", "it's more", '']);
    expect(hide("a it's more, 'it''s', its")).toBe("a ******, '******', its");
  });
});
