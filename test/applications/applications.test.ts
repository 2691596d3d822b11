import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseJobSpec } from '../../src/job/job-spec.ts';
import { parseScenario } from '../../src/simulator/scenario.ts';
import { type Application, applications, jobsDirectory } from './catalogue.ts';
import { command, type Json, runLocally } from './local-run.ts';
import { differences } from './rows.ts';

// The catalogue of applications: each can be run as it is, does on rows what its test says, and finds in simulated events what is there.

vi.setConfig({ testTimeout: 120_000 });

const read = (file: string): string => readFileSync(join(jobsDirectory, file), 'utf8');
const specs = applications.map(({ name }) => parseJobSpec(read(`${name}.yaml`), name));
const common = ['topic', 'bootstrap_servers', 'group', 'catalog_uri', 'disorder', 'bounded', 'dead_letters'];

/** Side by side: each waits a while for a broker that is not there. */
const plans = new Map<string, string>();
beforeAll(async () => {
  const explained = applications.map(async ({ name }) => {
    plans.set(name, await command('explain', join(jobsDirectory, `${name}.yaml`)));
  });
  await Promise.all(explained);
});

describe.each(applications.map((app) => [app.name, app] as const))('the application %s', (name, app) => {
  const spec = specs.find((candidate) => candidate.name === name)!;

  it('has an owner, a description, and the parameters that all have', () => {
    expect({ team: spec.team, description: spec.description }).not.toMatchObject({ team: undefined });
    expect(spec.description).toMatch(/^[A-Z].{20,110}$/);
    expect(spec.parameters.map((parameter) => parameter.name)).toEqual(expect.arrayContaining(common));
    for (const { type, min, max } of spec.parameters)
      if (['duration', 'integer', 'double'].includes(type)) expect([min, max]).not.toContain(undefined);
  });

  it('has a scenario that fills its topic', () => {
    const { target } = parseScenario(read(app.scenario), app.scenario);
    const topic = spec.parameters.find((parameter) => parameter.name === 'topic')!.default;
    expect(target).toMatchObject({ kind: 'kafka', topic });
  });

  it('is planned, can run on Flink, and writes the tables that its page names', () => {
    const plan = plans.get(name)!;
    expect(plan).toContain('Runs on Flink as it is: yes');
    const page = join(jobsDirectory, '../docs/applications', `${name}.md`);
    expect(existsSync(page), page).toBe(true);
    for (const table of app.tables) {
      expect(plan).toContain(`\`lake\`.\`${app.database}\`.\`${table}\``);
      expect(readFileSync(page, 'utf8')).toContain(`lake.${app.database}.${table}`);
    }
  });

  it('passes its test', async () => {
    expect(await command('test', join(jobsDirectory, `${name}.test.yaml`))).toMatch(/^ok /);
  });
});

describe('names and aliases', () => {
  it('mean one application each', () => {
    const all = specs.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(all.length).toBe(new Set(all.map((alias) => alias.toLowerCase())).size);
    for (const { name, aliases } of specs) expect(aliases.length, name).toBeGreaterThan(2);
  });
});

it('rows are compared as on Flink: in any order, doubles to nine digits, each as often as it is there', () => {
  const rows = ['{"a":1,"b":0.1}', '{"a":2,"b":0.30000000000000004}', '{"a":2,"b":0.3}'];
  expect(differences(rows, [rows[1]!, rows[1]!, rows[0]!])).toEqual([]);
  expect(differences(rows, [rows[0]!, rows[0]!, rows[1]!])).toEqual(['+ {"a":1,"b":0.1}', '- {"a":2,"b":0.3}']);
});

const scratch = mkdtempSync(join(tmpdir(), 'millrace-applications-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const application = (name: string): Application => applications.find((app) => app.name === name)!;
const run = (name: string, set: Readonly<Record<string, string>>) =>
  runLocally(application(name), join(scratch, name), set);
const ms = (event: Json): number => Date.parse(`${String(event.event_time).replace(' ', 'T')}Z`);

describe('simulated events', () => {
  it('of content come through once each, and are counted', async () => {
    const { events, rows } = await run('content-events', {
      duration: '5 min',
      actors: '200',
      'duplicates.rate': '0.05',
    });
    const distinct = new Map(events.map((event) => [event.event_id, event]));
    expect(events.length).toBeGreaterThan(distinct.size);
    const kept = await rows('events');
    expect(kept.map(({ event_id }) => event_id).sort()).toEqual([...distinct.keys()].sort());
    const counts = await rows('counts');
    const counted = (kind: string) =>
      counts.filter((row) => row.event_type === kind).reduce((sum, row) => sum + Number(row.events), 0);
    for (const kind of ['view', 'like', 'comment', 'share', 'upload'])
      expect(counted(kind), kind).toBe([...distinct.values()].filter((event) => event.event_type === kind).length);
  });

  it('of payments: cards that are tried out are found, all of them and no other', async () => {
    const { events, truth, rows } = await run('payment-risk', { duration: '2 h', actors: '1000' });
    const expected = [...Map.groupBy(events, ({ card_id }) => card_id)].flatMap(([card, list]) => triedOut(card, list));
    const alerts = await rows('alerts');
    const found = alerts.filter(({ rule }) => rule === 'card-testing').map((row) => `${row.card_id} ${row.payment_id}`);
    expect(found.sort()).toEqual(expected.sort());
    const guilty = truth.filter(({ anomaly }) => anomaly === 'card-testing').map(({ actor }) => actor);
    expect(found.length).toBeGreaterThan(10);
    expect(found.map((text) => text.split(' ')[0]).filter((card) => !guilty.includes(card))).toEqual([]);
    for (const rule of ['velocity', 'two-countries'])
      expect(alerts.filter((row) => row.rule === rule).length, rule).toBeGreaterThan(0);
  });

  it('of machines: those that wear out are told before they reach the limit, and no other', async () => {
    const { truth, rows } = await run('predictive-maintenance', { duration: '60 min', actors: '40' });
    const worn = new Set(truth.filter(({ anomaly }) => anomaly === 'wear').map(({ actor }) => actor));
    const alerts = await rows('alerts');
    const told = new Set(alerts.map(({ machine_id }) => machine_id));
    expect(told.size).toBeGreaterThan(2);
    expect([...told].filter((machine) => !worn.has(machine))).toEqual([]);
    for (const machine of told)
      expect(
        Math.min(...alerts.filter((row) => row.machine_id === machine).map((row) => Number(row.vibration))),
      ).toBeLessThan(7.1);
  });
});

const window = 600_000;

/** By hand: three small online amounts or more, and then a big one, within ten minutes. */
function triedOut(card: unknown, list: readonly Json[]): string[] {
  const inOrder = list.toSorted((a, b) => ms(a) - ms(b));
  const found: string[] = [];
  let probes: number[] = [];
  for (const event of inOrder) {
    const amount = Number(event.amount);
    if (amount < 2 && event.channel === 'online') probes.push(ms(event));
    else {
      const recent = probes.filter((probe) => ms(event) - probe < window);
      if (amount >= 300 && recent.length >= 3) found.push(`${card} ${event.payment_id}`);
      probes = [];
    }
  }
  return found;
}
