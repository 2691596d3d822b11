/**
 * What may be deployed, and where: job specs in `jobs/`, environments and people in `envs/`. Read afresh for each plan, so that what a person
 * confirms is what the files say now. One bad file takes nothing else away: it is a fault, named with file, line and field.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type JobSpec, parseJobSpec } from '../../job/job-spec.ts';
import { deploymentNamePattern } from '../../model/deployment.ts';
import { EngineError, toErrorData } from '../../model/errors.ts';
import { type Access, parseAccess } from './access.ts';
import { type Environment, parseEnvironment, plainEnvironment } from './environment.ts';

export type CatalogueJob = Readonly<{
  spec: JobSpec;
  /** The YAML and the SQL as they are. */
  text: string;
  script: string;
  /** Of the script: relative paths in it begin there. */
  directory: string;
}>;

/** A file that can't be used. `name`: the job or environment that it would have been, by its file name. */
export type CatalogueFault = Readonly<{ kind: 'job' | 'environment' | 'access'; name: string; message: string }>;

export type Catalogue = Readonly<{
  jobs: readonly CatalogueJob[];
  environments: readonly Environment[];
  /** null: no tokens have been given out. With a fault of the kind `access` nobody may do anything. */
  access: Access | null;
  faults: readonly CatalogueFault[];
  /** sha256 in hex over all files that were read. */
  version: string;
}>;

export type CatalogueDirectories = Readonly<{
  workingDirectory: string;
  /** Its `jobs/` are the catalogue where the working directory has none. */
  packageDirectory: string;
}>;

const maxFiles = 2_000; // in `jobs/`, and environments; more is a mistake of directory
const maxFileBytes = 1_048_576;

/** Parsed files by place and text: reading afresh need not be parsing afresh. */
export type ParsedFiles = Map<string, unknown>;

/** Never rejects for a file's sake; IO for a directory that can't be listed. */
export function readCatalogue(
  { workingDirectory, packageDirectory }: CatalogueDirectories,
  parsed: ParsedFiles = new Map(),
): Catalogue {
  if (parsed.size > 2 * maxFiles) parsed.clear(); // texts of long ago
  const reader = new CatalogueReader(workingDirectory, parsed);
  const own = join(workingDirectory, 'jobs');
  const jobs = reader.jobs(existsSync(own) ? own : join(packageDirectory, 'jobs'));
  const envs = join(workingDirectory, 'envs');
  const environments = existsSync(envs) ? reader.environments(envs) : [{ ...plainEnvironment('dev'), isDefault: true }];
  const accessFile = join(envs, 'access.yaml');
  const access = existsSync(accessFile) ? reader.access(accessFile) : null;
  return { jobs, environments, access, faults: reader.faults, version: reader.version() };
}

class CatalogueReader {
  readonly faults: CatalogueFault[] = [];
  readonly #root: string;
  readonly #parsed: ParsedFiles;
  readonly #hash = createHash('sha256');

  constructor(root: string, parsed: ParsedFiles) {
    this.#root = root;
    this.#parsed = parsed;
  }

  version(): string {
    return this.#hash.digest('hex');
  }

  /** Files of the kind Job; others (scenarios, tests of jobs) stand beside them. */
  jobs(directory: string): CatalogueJob[] {
    const names = listed(directory).filter((name) => /\.ya?ml$/.test(name));
    const read = names.flatMap((name) => {
      const path = join(directory, name);
      return this.#attempt('job', basename(name).replace(/\.ya?ml$/, ''), () => {
        const text = this.#text(path);
        const kind = /^kind:\s*['"]?([A-Za-z]+)/m.exec(text)?.[1];
        return kind !== undefined && kind !== 'Job' ? [] : [this.#job(text, path)];
      });
    });
    return read.flat().filter((job) => {
      if (read.flat().filter((other) => other.spec.name === job.spec.name).length === 1) return true;
      this.faults.push({
        kind: 'job',
        name: job.spec.name,
        message: `job '${job.spec.name}': expected one spec of that name, found several`,
      });
      return false;
    });
  }

  #job(text: string, path: string): CatalogueJob {
    const where = this.#where(path);
    const spec = this.#once(text, `job spec ${where}`, parseJobSpec);
    if (spec.sql.kind === 'text') return { spec, text, script: spec.sql.text, directory: dirname(path) };
    const script = join(dirname(path), spec.sql.path);
    if (!existsSync(script)) {
      throw new EngineError(
        'NOT_FOUND',
        `job spec ${where}: spec.sql: expected the file ${this.#where(script)}, found none`,
      );
    }
    return { spec, text, script: this.#text(script), directory: dirname(script) };
  }

  environments(directory: string): Environment[] {
    const folders = listed(directory).filter((name) => statSync(join(directory, name)).isDirectory());
    const read = folders.flatMap((name) =>
      this.#attempt('environment', name, () => {
        if (!deploymentNamePattern.test(name)) {
          throw new EngineError('INVALID_OPTION', `envs/${name}: expected a name of lower-case letters, digits and -`);
        }
        const path = join(directory, name, 'environment.yaml');
        this.#hash.update(name);
        if (!existsSync(path)) return [plainEnvironment(name)];
        const parse = (text: string, where: string): Environment => parseEnvironment(text, where, name);
        return [this.#once(this.#text(path), `environment ${this.#where(path)}`, parse)];
      }),
    );
    const defaults = read.filter(({ isDefault }) => isDefault);
    if (defaults.length <= 1) return read;
    const names = defaults.map(({ name }) => name);
    this.faults.push({
      kind: 'environment',
      name: names.join(', '),
      message: `environments ${names.join(' and ')}: expected one with 'default: true'; none is taken as the default`,
    });
    return read.map((environment) => ({ ...environment, isDefault: false }));
  }

  access(path: string): Access | null {
    const found = this.#attempt('access', 'access', () => [
      this.#once(this.#text(path), this.#where(path), parseAccess),
    ]);
    return found[0] ?? null;
  }

  #attempt<T>(kind: CatalogueFault['kind'], name: string, read: () => T[]): T[] {
    try {
      return read();
    } catch (error) {
      const { message, hint } = toErrorData(error);
      this.faults.push({ kind, name, message: hint === undefined ? message : `${message} (${hint})` });
      return [];
    }
  }

  #once<T>(text: string, where: string, parse: (text: string, where: string) => T): T {
    const key = `${where}\n${text}`;
    const known = this.#parsed.get(key);
    if (known !== undefined) return known as T;
    const value = parse(text, where);
    this.#parsed.set(key, value);
    return value;
  }

  #text(path: string): string {
    const { size } = statSync(path);
    if (size > maxFileBytes) {
      const found = `found ${size}`;
      throw new EngineError('LIMIT', `${this.#where(path)}: expected at the most ${maxFileBytes} bytes, ${found}`);
    }
    const text = readFileSync(path, 'utf8');
    this.#hash.update(`${this.#where(path)}\n${text.length}\n${text}`);
    return text;
  }

  #where(path: string): string {
    const shown = relative(this.#root, path);
    return shown.startsWith('..') ? path : shown;
  }
}

function listed(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (cause) {
    throw new EngineError('IO', `directory ${directory}: it can't be listed: ${(cause as Error).message}`, { cause });
  }
  if (names.length <= maxFiles) return names;
  throw new EngineError(
    'LIMIT',
    `directory ${directory}: expected at the most ${maxFiles} files, found ${names.length}`,
  );
}

/** The fault of a job or environment that is not there because its file is bad. */
export function faultOf(catalogue: Catalogue, kind: CatalogueFault['kind'], name: string): CatalogueFault | undefined {
  return catalogue.faults.find((fault) => fault.kind === kind && fault.name === name);
}
