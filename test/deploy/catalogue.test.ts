import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { identify } from '../../src/deploy/catalogue/access.ts';
import { type Catalogue, readCatalogue } from '../../src/deploy/catalogue/catalogue.ts';
import { DeployWorld, environmentText, jobText, usualFiles } from './deploy-world.ts';

const worlds: DeployWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.end();
});

function catalogueOf(
  files: Readonly<Record<string, string>>,
  packageFiles: Readonly<Record<string, string>> = {},
): Catalogue {
  const [own, package_] = [new DeployWorld(files), new DeployWorld(packageFiles)];
  worlds.push(own, package_);
  return readCatalogue({ workingDirectory: own.directory, packageDirectory: package_.directory });
}

describe('the catalogue', () => {
  it('takes job specs, with their scripts, and leaves other kinds of file alone', () => {
    const { jobs, faults, environments } = catalogueOf({
      'jobs/a.yaml': jobText('a').replace('SELECT 1;', 'a.sql'),
      'jobs/a.sql': 'SELECT 2;',
      'jobs/scenario.yaml': 'apiVersion: millrace/v1\nkind: Scenario\n',
      'jobs/notes.txt': 'hello',
    });
    expect(jobs.map(({ spec, script }) => [spec.name, script])).toEqual([['a', 'SELECT 2;']]);
    expect(faults).toEqual([]);
    expect(environments.map(({ name, class: its }) => [name, its])).toEqual([['dev', 'dev']]);
  });

  it("takes the package's jobs where the working directory has none", () => {
    const shipped = { 'jobs/shipped.yaml': jobText('shipped') };
    expect(catalogueOf({}, shipped).jobs.map(({ spec }) => spec.name)).toEqual(['shipped']);
    expect(catalogueOf(usualFiles, shipped).jobs.map(({ spec }) => spec.name)).not.toContain('shipped');
  });

  const bad: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    [
      'a field of a job',
      { 'jobs/bad.yaml': jobText('bad').replace('sql:', 'sqll:') },
      "job spec jobs/bad.yaml, line 6: spec.sqll: unknown field (Did you mean 'sql'?)",
    ],
    [
      'a script that is not there',
      { 'jobs/bad.yaml': jobText('bad').replace('SELECT 1;', 'no.sql') },
      'spec.sql: expected the file jobs/no.sql, found none',
    ],
    ['YAML', { 'jobs/bad.yaml': 'kind: Job\n  x: [' }, 'job spec jobs/bad.yaml, line'],
    ['environments of a job', { 'jobs/bad.yaml': jobText('bad', ', environments: ["Dev!"]') }, 'metadata.environments'],
    [
      'two jobs of one name',
      { 'jobs/bad.yaml': jobText('twin'), 'jobs/worse.yaml': jobText('twin') },
      "job 'twin': expected one spec of that name",
    ],
    [
      'a class',
      { 'envs/bad/environment.yaml': environmentText('bad', '{ class: prod }') },
      'environment envs/bad/environment.yaml, line 5: spec.class',
    ],
    ['the name', { 'envs/bad/environment.yaml': environmentText('good', '{ }') }, "expected the folder's name, 'bad'"],
    [
      'critical made easy',
      { 'envs/bad/environment.yaml': environmentText('bad', '{ policy: { critical: allow } }') },
      'never done unasked',
    ],
    [
      'a freeze without a zone',
      {
        'envs/bad/environment.yaml': environmentText(
          'bad',
          '{ freeze: { x: { from: 2026-01-01T00:00, to: 2026-01-02T00:00:00Z } } }',
        ),
      },
      'spec.freeze.x.from: expected a time with its zone',
    ],
    [
      'a freeze that ends before it begins',
      {
        'envs/bad/environment.yaml': environmentText(
          'bad',
          '{ freeze: { x: { from: 2026-01-03T00:00:00Z, to: 2026-01-02T00:00:00Z } } }',
        ),
      },
      "expected a time after 'from'",
    ],
    [
      'a limit',
      { 'envs/bad/environment.yaml': environmentText('bad', '{ limits: { slots: -1 } }') },
      'spec.limits.slots: expected a whole number',
    ],
    [
      'two defaults',
      { 'envs/bad/environment.yaml': environmentText('bad', '{ default: true }') },
      "expected one with 'default: true'",
    ],
    [
      'a role',
      {
        'envs/access.yaml': `{ apiVersion: millrace/v1, kind: Access, tokens: { an: { sha256: ${'a'.repeat(64)}, roles: [boss] } } }`,
      },
      'envs/access.yaml, line 1: tokens.an.roles',
    ],
    [
      'a token in place of its hash',
      {
        'envs/access.yaml':
          '{ apiVersion: millrace/v1, kind: Access, tokens: { an: { sha256: hunter2, roles: [admin] } } }',
      },
      'expected the sha256 of the token',
    ],
    [
      'a token given out twice',
      {
        'envs/access.yaml': `{ apiVersion: millrace/v1, kind: Access, tokens: { an: { sha256: ${'a'.repeat(64)}, roles: [admin] }, bo: { sha256: ${'a'.repeat(64)}, roles: [admin] } } }`,
      },
      'another name has it',
    ],
  ];
  it.each(bad)('names a fault in %s and keeps the rest', (_what, files, message) => {
    const { jobs, environments, faults } = catalogueOf({ ...usualFiles, ...files });
    expect(faults).toHaveLength(message.includes('twin') ? 2 : 1);
    expect(faults[0]!.message).toContain(message);
    expect(jobs.map(({ spec }) => spec.name)).toEqual(expect.arrayContaining(['common', 'payments', 'views']));
    expect(environments.map(({ name }) => name)).toEqual(expect.arrayContaining(['dev', 'production', 'staging']));
  });

  it('is of another version when any of its files changes', () => {
    const versions = [
      usualFiles,
      { ...usualFiles, 'jobs/common.yaml': jobText('common').replace('SELECT 1', 'SELECT 2') },
      { ...usualFiles, 'envs/staging/environment.yaml': environmentText('staging', '{ class: production }') },
      { ...usualFiles, 'envs/four/notes.txt': '' },
    ].map((files) => catalogueOf(files).version);
    expect(new Set(versions).size).toBe(4);
    expect(catalogueOf(usualFiles).version).toBe(versions[0]);
  });

  it('is as strict as it gets with an environment that says nothing of itself', () => {
    const { environments } = catalogueOf({ ...usualFiles, 'envs/north/notes.txt': '' });
    expect(environments.find(({ name }) => name === 'north')!.class).toBe('production');
  });
});

describe('who calls', () => {
  const sha256 = createHash('sha256').update('geheim').digest('hex');
  const access = { tokens: [{ actor: { name: 'an', team: null, roles: ['viewer'] }, sha256 }] };

  it('is the person at the machine where no tokens were given out', () => {
    expect(identify(null, undefined, true)).toMatchObject({ name: 'local', roles: ['*/admin'] });
    expect(() => identify(null, undefined, false)).toThrow('expected a token');
  });

  it.each([undefined, '', 'Geheim', sha256])('is nobody with the token %s', (token) => {
    expect(() => identify(access, token, true)).toThrow('expected a token of envs/access.yaml');
  });

  it('is whose token it is', () => {
    expect(identify(access, 'geheim', false).name).toBe('an');
  });
});
