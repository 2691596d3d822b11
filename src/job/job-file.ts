/** A job as a person gives it: a script, or a job spec that wraps one. What comes of it is a text without parameters. */

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { EngineError } from '../model/errors.ts';
import { type JobSpec, parseJobSpec, resolveParameters, type SecretReader } from './job-spec.ts';
import { substituteParameters } from './substitution.ts';

export type JobFile = Readonly<{
  /** Of the spec, or of the file; `pipeline.name` in the script wins. */
  name: string;
  script: string;
  /** Statements that are carried out before the script's: tables and functions of a program (index.ts). */
  declarations?: string | undefined;
  engine: 'millrace' | 'flink';
  /** Of the script: relative paths of its user functions begin there. null: where the program was started. */
  directory: string | null;
  /** What the spec sets: below the script in precedence. */
  settings: ReadonlyMap<string, string>;
  /** Texts that must never be shown. */
  secrets: readonly string[];
  warnings: readonly string[];
}>;

export type JobFileOptions = Readonly<{
  workingDirectory: string;
  parameters: ReadonlyMap<string, string>;
  env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths of secrets and functions begin, when not beside the file. */
  directory?: string | undefined;
}>;

/** Reads `.sql`, `.yaml` and `.yml`. NOT_FOUND for a missing file; INVALID_OPTION for another kind or a wrong parameter. */
export async function readJobFile(file: string, options: JobFileOptions): Promise<JobFile> {
  const path = resolve(options.workingDirectory, file);
  const extension = extname(path).toLowerCase();
  if (extension === '.sql') return scriptFile(path, await readText(path), options);
  if (extension !== '.yaml' && extension !== '.yml') {
    throw new EngineError(
      'INVALID_OPTION',
      `job ${file}: expected a .sql script or a .yaml job spec, got '${extension}'`,
    );
  }
  const spec = parseJobSpec(await readText(path), `job spec ${file}`);
  const { sql } = spec;
  const base = options.directory === undefined ? null : resolve(options.workingDirectory, options.directory);
  const [directory, script] =
    sql.kind === 'text'
      ? [dirname(path), sql.text]
      : [dirname(join(dirname(path), sql.path)), await readText(join(dirname(path), sql.path))];
  return { ...fromSpec(spec, script, base ?? dirname(path), options), directory: base ?? directory };
}

function scriptFile(path: string, script: string, options: JobFileOptions): JobFile {
  const { parameters, workingDirectory, directory } = options;
  const [parameter] = parameters.keys();
  if (parameter !== undefined) {
    throw new EngineError(
      'INVALID_OPTION',
      `parameter '${parameter}' is not declared: a .sql script has no parameters`,
      {
        hint: 'Declare it in a job spec (.yaml) that names the script.',
      },
    );
  }
  return {
    ...plainScript(basename(path, extname(path)), script),
    directory: directory === undefined ? dirname(path) : resolve(workingDirectory, directory),
  };
}

/** A script on its own. */
export function plainScript(name: string, script: string): JobFile {
  return { name, script, engine: 'millrace', directory: null, settings: new Map(), secrets: [], warnings: [] };
}

/** A job whose texts are at hand, as they were read from `directory`. */
export function jobFileOf(
  texts: Readonly<{ spec: string; script: string; directory: string }>,
  options: Omit<JobFileOptions, 'workingDirectory'>,
): JobFile {
  const { spec, script, directory } = texts;
  const where = { ...options, workingDirectory: directory };
  return { ...fromSpec(parseJobSpec(spec, 'job spec'), script, directory, where), directory };
}

function fromSpec(
  spec: JobSpec,
  script: string,
  directory: string,
  options: JobFileOptions,
): Omit<JobFile, 'directory'> {
  const { values, secrets } = resolveParameters(spec.parameters, options.parameters, secretReader(directory, options));
  const { text, used } = substituteParameters(script, values);
  const unused = spec.parameters.filter(({ name }) => !used.has(name));
  return {
    name: spec.name,
    script: text,
    engine: spec.engine,
    settings: spec.settings,
    secrets,
    warnings: unused.map(({ name }) => `parameter '${name}' is declared but not used in the script`),
  };
}

function secretReader(directory: string, { env }: JobFileOptions): SecretReader {
  return ({ kind, name }) => {
    if (kind === 'env') return env[name];
    try {
      return readFileSync(resolve(directory, name), 'utf8').replace(/\r?\n$/, '');
    } catch {
      return undefined; // said by who asked, with the parameter's name
    }
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) throw new EngineError('NOT_FOUND', `file ${path}: expected a readable file, found none`, { cause });
    throw new EngineError('IO', `file ${path}: it can't be read: ${(cause as Error).message}`, { cause });
  }
}
