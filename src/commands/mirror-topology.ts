/** Which mirrors a process runs: that of a file, or those of a topology, side by side. */

import { resolve } from 'node:path';
import { secretsBeside } from '../kafka/secret-text.ts';
import { type MirrorSpec, parseMirror } from '../mirror/mirror-spec.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { mirrorFiles } from '../topology/mirror-specs.ts';
import type { CommandContext } from './dependencies.ts';
import { loadMirror, secretsOfMirrors } from './mirror-file.ts';
import { loadTopology } from './topology-options.ts';

export type MirrorsRequest = Readonly<{ topology?: string | undefined; only?: readonly string[] | undefined }>;

const restartPauseMs = 10_000;

export function namesOf(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

export async function mirrorsToRun(
  file: string | undefined,
  { topology, only = [] }: MirrorsRequest,
  context: CommandContext,
): Promise<readonly MirrorSpec[]> {
  if ((file === undefined) === (topology === undefined)) {
    throw new EngineError('INVALID_OPTION', 'mirror: expected a mirror file or --topology, found both or neither');
  }
  if (topology === undefined) {
    if (only.length > 0) throw new EngineError('INVALID_OPTION', 'mirror: --only goes with --topology');
    return [await loadMirror(file!, context)];
  }
  const files = mirrorFiles(await loadTopology(topology, context));
  const names = files.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined || files.length === 0) throw noMirror(topology, unknown, names);
  const secrets = secretsBeside(resolve(context.workingDirectory, topology), context.env);
  const wanted = files.filter(({ name }) => only.length === 0 || only.includes(name));
  const specs = wanted.map(({ name, text }) => parseMirror(text, `mirror '${name}'`, secrets));
  context.hide(secretsOfMirrors(specs));
  return specs;
}

function noMirror(topology: string, name: string | undefined, names: readonly string[]): EngineError {
  const near = name === undefined ? undefined : nearest(name, names);
  const what = name === undefined ? 'expected at least one mirror' : `expected a mirror '${name}'`;
  const found = `found ${names.join(', ') || 'none'}`;
  return new EngineError('NOT_FOUND', `topology '${topology}': ${what}, ${found}`, {
    hint: near === undefined ? undefined : `Did you mean '${near}'?`,
  });
}

/**
 * Mirrors do not fall together: one that fails is said, and the others go on. What may pass is tried again, unless the mirrors run only once.
 * The first failure that stayed is thrown when all have ended.
 */
export async function mirrorTogether(
  specs: readonly MirrorSpec[],
  once: boolean,
  context: CommandContext,
  run: (spec: MirrorSpec) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  const release = context.onSignal(() => stopping.abort());
  const persistently = async (spec: MirrorSpec): Promise<unknown> => {
    for (;;) {
      try {
        await run(spec);
        return null;
      } catch (error) {
        if (!isEngineError(error)) return error;
        const again = error.retryable && !once && !stopping.signal.aborted;
        context.say(
          `mirror '${spec.name}' ended: ${error.message}${again ? '; it is tried again' : '; the others go on'}`,
        );
        if (!again) return error;
        await context.clock.sleep(restartPauseMs, stopping.signal);
        if (stopping.signal.aborted) return null;
      }
    }
  };
  const failures = await Promise.all(specs.map(persistently)).finally(release);
  const failure = failures.find((error) => error !== null);
  if (failure !== undefined) throw failure;
}
