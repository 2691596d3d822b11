import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/model/options.ts';
import type { BadRecord } from '../../src/model/source.ts';
import { createDeadLetters, type DeadLetterProducer } from '../../src/sinks/dead-letter.ts';
import { deadLetterOptionSpecs } from '../../src/sinks/dead-letter-options.ts';

const record: BadRecord = {
  error: "expected ':' at byte 4, found '}'",
  value: new TextEncoder().encode('{"a"}'),
  key: Uint8Array.of(7),
  source: 'events',
  partition: 3,
  offset: 17,
  timestamp: 1000,
};

const prefix = 'millrace.dead-letter.';
const counts = new Map<string, number>();

function create(given: Readonly<Record<string, string>>, producer?: DeadLetterProducer) {
  const settings = new Map(Object.entries(given).map(([key, value]) => [prefix + key, value]));
  const checked = checkOptions(settings, deadLetterOptionSpecs, 'settings').entries();
  const counters = { add: (name: string, count: number) => void counts.set(name, (counts.get(name) ?? 0) + count) };
  const ctx = { jobName: 'my job', subtaskIndex: 2, counters, now: () => 5000 };
  return createDeadLetters(Object.fromEntries(checked), ctx, () => {
    if (producer === undefined) throw new Error('no producer was asked for');
    return producer;
  });
}

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-letters-'));
  counts.clear();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('dead letters', () => {
  it('fail the job unless told otherwise, with place, excerpt and what to do', () => {
    expect(() => create({}).handle(record)).toThrow(
      `events, partition 3, offset 17: expected ':' at byte 4, found '}'; the record: {"a"}`,
    );
    expect(() => create({}).handle({ ...record, partition: undefined })).toThrow('events, line 17: ');
    const long = { ...record, value: new Uint8Array(1000).fill(65) };
    expect(() => create({}).handle(long)).toThrow(`${'A'.repeat(200)}… (1000 bytes)`);
    try {
      create({ mode: 'fail' }).handle(record);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_RECORD', hint: expect.stringContaining('millrace.dead-letter.mode') });
    }
  });

  it('are skipped and counted', async () => {
    const letters = create({ mode: 'skip' });
    letters.handle(record);
    letters.handle(record);
    await letters.flush();
    expect(counts).toEqual(new Map([['skippedRecords', 2]]));
  });

  it('go to a file of the subtask, safe after a flush, behind those of an earlier run', async () => {
    const lines = (): unknown[] =>
      readFileSync(join(directory, 'dlq', 'my_job-2.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const first = create({ mode: 'file', path: join(directory, 'dlq') });
    first.handle(record);
    await first.flush();
    expect(lines()).toEqual([
      {
        time: 5000,
        job: 'my job',
        source: 'events',
        partition: 3,
        offset: 17,
        timestamp: 1000,
        error: record.error,
        key: 'Bw==',
        value: 'eyJhIn0=',
        text: '{"a"}',
      },
    ]);
    await first.close();
    const second = create({ mode: 'file', path: join(directory, 'dlq') });
    second.handle({ error: 'e', value: Uint8Array.of(0xff), source: '/x', offset: 1 });
    await second.close();
    expect(lines()[1]).toMatchObject({ partition: null, timestamp: null, key: null, value: '/w==', text: null });
    expect(counts).toEqual(new Map([['deadLetters', 2]]));
  });

  it('go to a topic, with where they stood as headers', async () => {
    const sent: unknown[] = [];
    let flushed = 0;
    const producer: DeadLetterProducer = {
      send: (topic, key, value, headers) => void sent.push([topic, key, Buffer.from(value).toString(), headers]),
      flush: async () => void flushed++,
      close: async () => undefined,
    };
    const letters = create({ mode: 'topic', topic: 'dlq', 'properties.bootstrap.servers': 'h:1' }, producer);
    letters.handle(record);
    await letters.flush();
    expect(flushed).toBe(1);
    expect(sent).toEqual([
      [
        'dlq',
        record.key,
        '{"a"}',
        {
          'millrace.job': 'my job',
          'millrace.error': record.error,
          'millrace.source': 'events',
          'millrace.partition': '3',
          'millrace.offset': '17',
          'millrace.timestamp': '1000',
        },
      ],
    ]);
  });

  it('are bounded while a topic does not take them', () => {
    const producer: DeadLetterProducer = {
      send: () => undefined,
      flush: () => new Promise(() => undefined),
      close: async () => undefined,
    };
    const letters = create({ mode: 'topic', topic: 'dlq', 'properties.bootstrap.servers': 'h:1' }, producer);
    const large = { ...record, value: new Uint8Array(1 << 20) };
    expect(() => {
      for (let i = 0; i < 100; i++) letters.handle(large);
    }).toThrow(/more than 67108864 bytes of unreadable records wait for topic 'dlq'/);
    expect(counts.get('deadLetters')).toBe(63);
  });

  it('that a topic refuses fail the job', async () => {
    const producer: DeadLetterProducer = {
      send: () => undefined,
      flush: async () => {
        throw new Error('no such topic');
      },
      close: async () => undefined,
    };
    const letters = create({ mode: 'topic', topic: 'dlq', 'properties.bootstrap.servers': 'h:1' }, producer);
    letters.handle(record);
    await expect(letters.flush()).rejects.toThrow('no such topic');
    expect(() => letters.handle(record)).toThrow('no such topic');
  });

  it('need what their mode needs', () => {
    expect(() => create({ mode: 'file' })).toThrow(/'millrace\.dead-letter\.path': expected a value/);
    expect(() => create({ mode: 'topic', topic: 't' })).toThrow(/properties\.bootstrap\.servers/);
    expect(() => create({ mode: 'drop' })).toThrow(/expected one of 'fail', 'skip', 'file', 'topic'/);
  });
});
