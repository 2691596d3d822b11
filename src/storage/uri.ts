/** URIs of objects: `file:///path`, its short form `file:/path` (Java writes it), and plain paths. */
import { isAbsolute, resolve } from 'node:path';
import { EngineError } from '../model/errors.ts';

const schemeForm = /^([a-z][a-z0-9+.-]+):/i;

/** In lower case; `file` for a plain path. */
export function schemeOf(uri: string): string {
  return schemeForm.exec(uri)?.[1]?.toLowerCase() ?? 'file';
}

/** The local path of a `file:` URI, which is not percent-decoded (as Iceberg's paths are not), or of a plain absolute path. */
export function localPath(uri: string): string {
  const path = uri.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/i, '');
  if (schemeOf(uri) !== 'file' || !isAbsolute(path) || path.startsWith('//')) {
    throw new EngineError('INVALID_OPTION', `location: expected file:///absolute/path, got '${uri}'`);
  }
  return path;
}

/** A location as options give it: a URI stays, but for `file:`, which becomes `file:///…`; a plain path is resolved against `directory`. */
export function resolveUri(location: string, directory: string): string {
  if (schemeOf(location) !== 'file') return stripSlash(location);
  const path = /^file:/i.test(location) ? localPath(location) : location;
  return stripSlash(`file://${resolve(directory, path)}`);
}

function stripSlash(uri: string): string {
  return uri.replace(/(?<=[^/])\/+$/, '');
}

export function joinUri(base: string, ...parts: readonly string[]): string {
  return [stripSlash(base), ...parts].join('/');
}

/** Whether an object is inside of a folder; `..` leads out of it, and file:/x is file:///x. */
export function isBelow(uri: string, folder: string): boolean {
  if (schemeOf(uri) !== 'file' || schemeOf(folder) !== 'file') return uri.startsWith(`${folder.replace(/\/+$/, '')}/`);
  return resolve(localPath(uri)).startsWith(`${resolve(localPath(folder)).replace(/\/+$/, '')}/`);
}
