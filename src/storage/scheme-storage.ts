/** The storage of a URI by its scheme. */
import { EngineError } from '../model/errors.ts';
import { LocalStorage } from './local-storage.ts';
import type { Storage } from './storage.ts';
import { schemeOf } from './uri.ts';

/** EngineError UNSUPPORTED for a scheme that Millrace does not read and write. */
export function storageOf(uri: string): Storage {
  const scheme = schemeOf(uri);
  if (scheme === 'file') return new LocalStorage();
  throw new EngineError('UNSUPPORTED', `location '${uri}': Millrace has no storage for '${scheme}:'`, {
    hint: 'Use a warehouse on a local or mounted file system: file:///path.',
  });
}
