/**
 * Whoever reaches the gateway's port may name files in SQL. Local files are those below the data directory, and below what was allowed when
 * it was started; user functions are code, and need their place to be allowed as well.
 */
import { isAbsolute, resolve } from 'node:path';
import { EngineError } from '../../model/errors.ts';
import { isBelow, schemeOf } from '../../storage/uri.ts';

const placeKey = /(^|[.-])(path|dir|location|warehouse|uri|file)$/;
const sqliteForm = /^jdbc:sqlite:/i;

export class AllowedPlaces {
  readonly #roots: readonly string[];
  readonly #workingDirectory: string;

  /** Absolute directories; relative paths are resolved against `workingDirectory`. */
  constructor(roots: readonly string[], workingDirectory: string) {
    this.#roots = roots.map((root) => resolve(workingDirectory, root));
    this.#workingDirectory = workingDirectory;
  }

  /** Options of a table or a catalog, settings of a session. EngineError PERMISSION names the key. */
  check(options: Iterable<readonly [string, string]>, where: string): void {
    for (const [key, value] of options) if (placeKey.test(key)) this.checkPlace(value, `${where}: '${key}'`);
  }

  checkPlace(value: string, where: string): void {
    const place = value.replace(sqliteForm, '');
    if (schemeOf(place) !== 'file') return;
    const path = /^file:/i.test(place) ? place : this.#absolute(place);
    if (this.#roots.some((root) => path === root || isBelow(path, root))) return;
    throw new EngineError(
      'PERMISSION',
      `${where}: expected a place below ${this.#roots.join(' or ')}, got '${value}'`,
      {
        hint: 'Start the gateway with --allow DIRECTORY to let sessions read and write there.',
      },
    );
  }

  #absolute(path: string): string {
    return isAbsolute(path) ? resolve(path) : resolve(this.#workingDirectory, path);
  }
}
