/** Which files a path stands for. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../model/errors.ts';

const maxFiles = 1_000_000; // a listing beyond this does not fit a checkpoint sensibly

/** The file itself, or all below a directory whose names, and those of their directories, do not begin with `.` or `_`; sorted. */
export async function listFiles(path: string, pattern: RegExp | null): Promise<string[]> {
  const found = (await kindOf(path)) === 'file' ? [path] : await filesBelow(path);
  const files = pattern === null ? found : found.filter((file) => pattern.test(file));
  if (files.length > maxFiles) {
    throw new EngineError('LIMIT', `${path}: expected at most ${maxFiles} files, found ${files.length}`, {
      hint: 'Narrow the path, or split the table.',
    });
  }
  return files.sort();
}

async function kindOf(path: string): Promise<'file' | 'directory'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  const files: string[] = [];
  const pending = [directory];
  while (pending.length > 0) {
    const current = pending.pop()!;
    for (const entry of await entriesOf(current)) {
      if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
      const path = join(current, entry.name);
      const isDirectory = entry.isSymbolicLink() ? (await kindOf(path)) === 'directory' : entry.isDirectory();
      if (!isDirectory) files.push(path);
      else if (!entry.isSymbolicLink()) pending.push(path); // links to directories could lead in circles
    }
  }
  return files;
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (cause) {
    throw fileError(directory, cause);
  }
}

/** A fault of the file system, as NOT_FOUND, PERMISSION or IO with the path. */
export function fileError(path: string, cause: unknown): EngineError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new EngineError('NOT_FOUND', `${path}: expected a file or a directory, found none`, {
      cause,
      hint: "Check the table's 'path'; a relative one starts at the working directory.",
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new EngineError('PERMISSION', `${path}: no permission to read it`, { cause });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('IO', `${path}: can't be read: ${message}`, { cause });
}
