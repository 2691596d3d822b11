import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseJobSpec, resolveParameters } from '../src/job/job-spec.ts';
import { parseYaml } from '../src/job/yaml-document.ts';
import { jobStates } from '../src/model/job-status.ts';
import { auditGaugeSpecs, counterSpecs, gaugeSpecs, prefix } from '../src/server/metric-specs.ts';
import { parseScenario } from '../src/simulator/scenario.ts';

// Nothing here starts a container: what can be known of compose/ without one is checked.

const root = resolve(import.meta.dirname, '..');
const compose = join(root, 'compose');
const read = (path: string) => readFileSync(path, 'utf8');

type Service = Readonly<{
  image?: string;
  build?: { context: string };
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  volumes?: readonly string[];
  ports?: readonly string[];
  depends_on?: Readonly<Record<string, { condition: string }>>;
  healthcheck?: { test?: readonly string[]; interval?: string; retries?: number; disable?: boolean };
  logging?: { driver?: string; options?: Readonly<Record<string, string>> };
  restart?: string;
  privileged?: boolean;
}>;
type ComposeFile = Readonly<{
  services: Readonly<Record<string, Service>>;
  volumes?: Readonly<Record<string, unknown>>;
  include?: readonly { path: string }[];
}>;

const fileNames = readdirSync(compose).filter((name) => name.endsWith('.yaml'));
const files = fileNames.map((name) => ({ name, file: parseYaml(read(join(compose, name)), name) as ComposeFile }));
const services = files.flatMap(({ name, file }) =>
  Object.entries(file.services).map(([service, spec]) => ({ service, spec, name, file })),
);
const main = files.find(({ name }) => name === 'compose.yaml')!.file;

// The schema names its dialect with https, Ajv knows it with http.
const { $schema: _, ...schema } = JSON.parse(
  read(join(import.meta.dirname, 'support/compose-spec/schema.json')),
) as Readonly<Record<string, unknown>>;
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
const faultsOf = (file: unknown) => {
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

describe('compose files', () => {
  it('were seen', () => {
    expect(fileNames.sort()).toEqual(['compose.yaml', 'kafka.yaml', 'redpanda.yaml']);
    expect(services.length).toBeGreaterThanOrEqual(12);
  });

  it.each(files)('$name follows the Compose specification', ({ file }) => {
    expect(faultsOf(file)).toEqual([]);
  });

  it('the specification is really asked', () => {
    expect(faultsOf({ services: { a: { image: 'a:1', prots: ['1:1'] } } })).toEqual([
      expect.stringContaining('/services/a must NOT have additional properties'),
    ]);
    expect(faultsOf({ services: { a: { image: 'a:1', healthcheck: { retries: [] } } } })).not.toEqual([]);
  });

  it('both brokers answer to the same name and ports, one of them by default', () => {
    const brokers = files.filter(({ name }) => name !== 'compose.yaml').map(({ file }) => file.services);
    expect(brokers.map((broker) => Object.keys(broker))).toEqual([['kafka'], ['kafka']]);
    expect(brokers[0]!.kafka!.ports).toEqual(brokers[1]!.kafka!.ports);
    expect(main.include).toEqual([{ path: '$' + '{BROKER:-kafka}.yaml' }]);
  });
});

describe.each(services)('$name: $service', ({ service, spec, file }) => {
  it('has an image of a fixed version', () => {
    expect(spec.image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+\.\d+[a-z0-9._-]*$/);
  });

  it('says whether it is well', () => {
    const { test = [], disable = false, interval, retries } = spec.healthcheck ?? {};
    expect(disable).toBe(false);
    expect(['CMD', 'CMD-SHELL']).toContain(test[0]);
    expect(test.length).toBeGreaterThan(1);
    expect([interval, retries]).not.toContain(undefined);
  });

  it('has logs that end', () => {
    expect(spec.logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } });
  });

  it('is reached from this machine alone', () => {
    for (const port of spec.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(spec.privileged ?? false).toBe(false);
  });

  it('mounts volumes that are declared and files that are there', () => {
    for (const volume of spec.volumes ?? []) {
      const [from, to] = volume.split(':') as [string, string];
      if (from.startsWith('.')) {
        expect(existsSync(join(compose, from))).toBe(true);
        expect(volume.endsWith(':ro')).toBe(true);
      } else expect(Object.keys(file.volumes ?? {})).toContain(from);
      expect(to.startsWith('/')).toBe(true);
    }
  });

  it('has no secret written down', () => {
    for (const [key, value] of Object.entries(spec.environment ?? {})) {
      if (/PASSWORD|SECRET|TOKEN|ACCESS_KEY/.test(key))
        expect(value).toMatch(/^\$\{[A-Z0-9_]+:\?copy \.env\.example to \.env\}$/);
    }
  });

  it('waits for services that there are, until they are well', () => {
    const names = services.map((other) => other.service);
    for (const [other, { condition }] of Object.entries(spec.depends_on ?? {})) {
      expect(names.filter((name) => name !== service)).toContain(other);
      expect(condition).toBe('service_healthy');
    }
  });
});

describe('variables', () => {
  it('of the files are all in .env.example, and no others', () => {
    const used = fileNames.flatMap((name) =>
      [...read(join(compose, name)).matchAll(/(?<!\$)\$\{([A-Z0-9_]+)/g)].map((match) => match[1]!),
    );
    const declared = [...read(join(compose, '.env.example')).matchAll(/^([A-Z0-9_]+)=\S/gm)].map((match) => match[1]!);
    expect(declared.sort()).toEqual([...new Set(used)].sort());
  });

  it('Millrace takes the token of the example', () => {
    const token = /^MILLRACE_TOKEN=(.*)$/m.exec(read(join(compose, '.env.example')))![1]!;
    expect(token.length).toBeGreaterThanOrEqual(16);
  });
});

describe('commands', () => {
  const commandOf = (service: string) => main.services[service]!.command!;

  it('of the simulator is a scenario that is right, into the broker of the stack', () => {
    const [command, file, ...options] = commandOf('simulator');
    const set = options.map((option) => /^--set=([^=]+)=(.*)$/.exec(option)!.slice(1) as [string, string]);
    expect(command).toBe('simulate');
    const { target } = parseScenario(read(join(root, file!)), file!, new Map(set));
    expect(target.kind === 'kafka' && target.properties.get('bootstrap.servers')).toBe('kafka:9092');
  });

  it('of Millrace is a job with parameters that it has, from the topic that the simulator fills', () => {
    const [command, file, ...options] = commandOf('millrace');
    expect(command).toBe('run');
    const given = options
      .filter((option) => option.startsWith('--param='))
      .map((option) => /^--param=([^=]+)=(.*)$/.exec(option)!.slice(1) as [string, string]);
    const { parameters } = parseJobSpec(read(join(root, file!)), file!);
    const { values } = resolveParameters(parameters, new Map(given), () => undefined);
    const { target } = parseScenario(read(join(root, 'jobs/gpu-fleet.yaml')), 'jobs/gpu-fleet.yaml');
    expect(JSON.stringify(values.get('topic'))).toContain(target.kind === 'kafka' ? target.topic : '');
    expect(JSON.stringify(values.get('bootstrap_servers'))).toContain('kafka:9092');
  });
});

describe.each(['Dockerfile', 'compose/flink/Dockerfile'])('%s', (name) => {
  const text = read(join(root, name));

  it('stands on fixed versions', () => {
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]!);
    for (const base of bases) expect(base).toMatch(/:\d+\.\d+\.\d+-/);
    for (const [added] of text.matchAll(/^ADD .*\n?.*$/gm)) expect(added).toMatch(/--checksum=sha256:[0-9a-f]{64} /);
  });

  it('ends as a user without rights', () => {
    expect([...text.matchAll(/^USER (\S+)/gm)].at(-1)![1]).not.toBe('root');
  });
});

describe('the image of Millrace', () => {
  const text = read(join(root, 'Dockerfile'));

  it('copies only what .dockerignore lets through, and what is there', () => {
    const admitted = [...read(join(root, '.dockerignore')).matchAll(/^!(\S+)/gm)].map((match) => match[1]!);
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(' '));
    expect([...new Set(copied)].sort()).toEqual(admitted.sort());
    for (const path of copied) expect(existsSync(join(root, path))).toBe(true);
  });

  it('says whether it is well, on the Node that the tests run on', () => {
    expect(text).toMatch(/^HEALTHCHECK /m);
    const { devDependencies } = JSON.parse(read(join(root, 'package.json'))) as { devDependencies: { node: string } };
    expect(text).toContain(`FROM node:${devDependencies.node}-`);
  });
});

describe('metrics', () => {
  type Target = Readonly<{ expr: string }>;
  type Panel = Readonly<{ title: string; targets?: readonly Target[] }>;
  type Rules = Readonly<{ groups: readonly { rules: readonly { alert: string; expr: string }[] }[] }>;
  const dashboard = JSON.parse(read(join(compose, 'grafana/dashboards/millrace.json'))) as {
    panels: readonly Panel[];
    templating: { list: readonly { definition: string }[] };
  };
  const rules = parseYaml(read(join(compose, 'prometheus/alerts.yaml')), 'alerts.yaml') as Rules;
  const expressions = [
    ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ at: title, expr }))),
    ...rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => ({ at: alert, expr }))),
  ];
  const labels = new Map(
    [...counterSpecs, ...gaugeSpecs, ...auditGaugeSpecs].map((spec) => [prefix + spec.name, spec.labels]),
  );
  const counters = counterSpecs.map(({ name }) => prefix + name);
  const namesIn = (text: string) => [...text.matchAll(/millrace_[a-z_]+/g)].map((match) => match[0]);

  it('were seen', () => {
    expect(expressions.length).toBeGreaterThan(30);
  });

  it.each(expressions)('$at: $expr', ({ expr }) => {
    const names = namesIn(expr);
    for (const name of names) expect([...labels.keys()]).toContain(name);
    if (names.length === 0) expect(expr).toBe('up{job="millrace"} == 0');
    for (const [, name, matchers] of expr.matchAll(/(millrace_[a-z_]+)\{([^}]*)\}/g)) {
      const used = [...matchers!.matchAll(/(\w+)=?[=~]/g)].map((match) => match[1]!);
      for (const label of used) expect(labels.get(name!)).toContain(label);
    }
    for (const [, by] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of by!.split(', ')) expect(names.flatMap((name) => labels.get(name)!)).toContain(label);
    }
    for (const [, states] of expr.matchAll(/state=~"([^"]+)"/g)) {
      for (const state of states!.split('|')) expect(jobStates).toContain(state);
    }
    expect(expr.split('(').length).toBe(expr.split(')').length);
  });

  it('that count are asked for as rates, and only those', () => {
    for (const { expr } of expressions) {
      const rated = [...expr.matchAll(/\b(?:rate|increase)\((millrace_[a-z_]+)/g)].map((match) => match[1]!);
      expect(rated.sort()).toEqual(
        namesIn(expr)
          .filter((name) => counters.includes(name))
          .sort(),
      );
    }
  });

  it('choose the job by a metric that has it', () => {
    for (const { definition } of dashboard.templating.list)
      expect(labels.get(namesIn(definition)[0]!)).toContain('job');
  });

  it('are scraped where Millrace serves them', () => {
    const config = parseYaml(read(join(compose, 'prometheus/prometheus.yaml')), 'prometheus.yaml') as {
      rule_files: readonly string[];
      scrape_configs: readonly { honor_labels: boolean; static_configs: readonly { targets: readonly string[] }[] }[];
    };
    expect(config.scrape_configs[0]).toMatchObject({
      honor_labels: true,
      static_configs: [{ targets: ['millrace:8081'] }],
    });
    for (const file of config.rule_files) expect(existsSync(join(compose, 'prometheus', file))).toBe(true);
  });
});
