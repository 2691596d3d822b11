import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/simulator/scenario.ts';
import { fleetSubjectOf } from '../support/fleet.ts';

const head = 'apiVersion: millrace/v1\nkind: Scenario\nmetadata: { name: fleet }\nspec:\n';
const scenario = (spec: string, overrides: Record<string, string> = {}) =>
  parseScenario(`${head}${spec.replace(/^/gm, '  ')}`, 'scenario `f.yaml`', new Map(Object.entries(overrides)));

describe('a scenario file', () => {
  it('is read with its fields nested', () => {
    const read = scenario(
      `scenario: gpu-fleet
devices: 20
period: 500 ms
duration: 1 h
seed: 9
rate: 10
start: 2026-02-03T04:05:06Z
anomalies: { rate: 0.1, length: 30, kinds: [spike, drop-out], label: true }
late: { rate: 0.01, min: 1 min, max: 2 min }
garbage: { rate: 0.001 }
target: { kind: file, path: out.jsonl }
truth: truth.jsonl`,
    );
    const { name, pace, target, truth } = read;
    const { settings: fleet, label } = fleetSubjectOf(read);
    expect(name).toBe('fleet');
    expect(fleet).toMatchObject({
      devices: 20,
      periodMs: 500,
      durationMs: 3_600_000,
      events: null,
      seed: 9,
      anomalyRate: 0.1,
      anomalyKinds: ['spike', 'drop-out'],
      lateMinMs: 60_000,
      garbageRate: 0.001,
    });
    expect(pace).toEqual({ speed: 10, startMs: Date.UTC(2026, 1, 3, 4, 5, 6) });
    expect({ label, target, truth }).toEqual({
      label: true,
      target: { kind: 'file', path: 'out.jsonl' },
      truth: 'truth.jsonl',
    });
  });

  it('hands the Kafka client what it needs, own properties last', () => {
    const { target } = scenario(
      `target:
  kind: kafka
  bootstrapServers: "a:9092,b:9092"
  topic: events
  partitions: 4
  linger: 5 ms
  properties:
    security.protocol: SASL_SSL
    compression.type: zstd`,
    );
    expect(target).toEqual({
      kind: 'kafka',
      topic: 'events',
      partitions: 4,
      properties: new Map([
        ['bootstrap.servers', 'a:9092,b:9092'],
        ['compression.type', 'zstd'],
        ['batch.size', '262144'],
        ['linger.ms', '5'],
        ['security.protocol', 'SASL_SSL'],
      ]),
    });
  });

  it('is overridden from the command line', () => {
    const read = scenario('devices: 5\ntarget: { kind: file, path: x }', {
      devices: '7',
      'target.path': 'y',
    });
    expect(read.subject.size).toBe(7);
    expect(read.target).toEqual({ kind: 'file', path: 'y' });
  });

  it('takes another kind of target from the command line, without what the file says of its own', () => {
    const { target } = scenario('target: { kind: kafka, bootstrapServers: "a:1", topic: t }', {
      'target.kind': 'stdout',
    });
    expect(target).toEqual({ kind: 'stdout' });
  });

  it('of the examples is right', () => {
    const text = readFileSync(join(import.meta.dirname, '../../jobs/gpu-fleet.yaml'), 'utf8');
    expect(parseScenario(text, 'jobs/gpu-fleet.yaml').target).toMatchObject({ kind: 'kafka', topic: 'gpu-readings' });
  });

  const wrong: [spec: string, message: RegExp][] = [
    ['device: 5', /^scenario `f.yaml`: unknown option 'device'/],
    ['anomalies: { rat: 0.1 }', /unknown option 'anomalies.rat'/],
    ['anomalies: 0.1', /unknown option 'anomalies'/],
    ['anomalies: { rate: 2 }', /option 'anomalies.rate': expected a number from 0 to 0.5, got '2'/],
    ['anomalies: { kinds: [{ a: 1 }] }', /spec.anomalies.kinds: expected a list of texts/],
    ['devices: many', /option 'devices': expected a whole number, got 'many'/],
    ['period: 0.5 s', /option 'period': expected a duration/],
    ['target: { kind: kafka, topic: t }', /option 'target.bootstrapServers' is required with 'target.kind' kafka/],
    ['target: { kind: kafka, bootstrapServers: "a:1" }', /option 'target.topic' is required/],
    ['target: { kind: file }', /option 'target.path' is required with 'target.kind' file/],
    ['target: { kind: pulsar }', /option 'target.kind': expected one of 'stdout', 'file', 'kafka'/],
    ['audit: true', /option 'audit' has a meaning with 'target.kind' kafka alone/],
    ['target: { topic: t }', /option 'target.topic' has no meaning with 'target.kind' stdout/],
    ['target: { kind: kafka, bootstrapServers: "a:1", topic: t, path: p }', /option 'target.path' has no meaning/],
    ['target: { properties: { acks: all } }', /option 'target.properties' has no meaning with 'target.kind' stdout/],
  ];
  it.each(wrong)('refuses %s', (spec, message) => {
    expect(() => scenario(spec)).toThrow(message);
  });

  it.each([
    ['kind: Job', /kind: expected 'Scenario', found "Job"/],
    ['apiVersion: millrace/v2', /apiVersion: expected 'millrace\/v1'/],
    ['metadata: { name: Fleet }', /metadata.name: expected a name of lower-case letters/],
    ['spec: 5', /line 4: spec: expected a mapping, found 5/],
    ['extra: 1', /extra: unknown field/],
  ])('refuses %s and says where', (line, message) => {
    const lines = ['apiVersion: millrace/v1', 'kind: Scenario', 'metadata: { name: fleet }', 'spec: {}'];
    const key = line.slice(0, line.indexOf(':'));
    const at = lines.findIndex((candidate) => candidate.startsWith(`${key}:`));
    lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, line);
    expect(() => parseScenario(lines.join('\n'), 'f.yaml')).toThrow(message);
  });
});
