/** Files of this machine. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { Storage } from './storage.ts';
import { localPath } from './uri.ts';

export class LocalStorage implements Storage {
  #temporary = 0;

  async read(uri: string): Promise<Uint8Array> {
    try {
      return await readFile(localPath(uri));
    } catch (cause) {
      throw storageError('read', uri, cause);
    }
  }

  async readRange(uri: string, start: number, end: number): Promise<Uint8Array> {
    try {
      await using file = await open(localPath(uri), 'r');
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      return bytes.subarray(0, bytesRead);
    } catch (cause) {
      throw storageError('read', uri, cause);
    }
  }

  async write(uri: string, bytes: Uint8Array): Promise<void> {
    const path = localPath(uri);
    const temporary = `${path}.${process.pid}-${this.#temporary++}.tmp`;
    try {
      await makeDirectory(dirname(path));
      await writeDurably(temporary, bytes);
      await rename(temporary, path);
      await syncDirectory(dirname(path));
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined); // a full disk: the first error is the one to tell
      throw storageError('write', uri, cause);
    }
  }

  async list(uri: string): Promise<string[]> {
    const directory = localPath(uri);
    try {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => `file://${join(entry.parentPath, entry.name)}`)
        .sort();
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return [];
      throw storageError('list', uri, cause);
    }
  }

  async delete(uri: string): Promise<void> {
    try {
      await rm(localPath(uri), { force: true });
    } catch (cause) {
      throw storageError('delete', uri, cause);
    }
  }

  async exists(uri: string): Promise<boolean> {
    try {
      await stat(localPath(uri));
      return true;
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return false;
      throw storageError('look up', uri, cause);
    }
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(bytes);
  await file.sync();
}

/** With its parents; each new name is made durable in the directory that holds it. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, then start again.',
  EACCES: 'Give the user that runs this the rights to the path.',
  EROFS: 'The file system is read-only.',
};

function storageError(action: string, uri: string, cause: unknown): EngineError {
  const code = codeOf(cause);
  const message = `${uri}: can't ${action} it: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new EngineError(code === 'ENOENT' ? 'NOT_FOUND' : 'IO', message, {
    cause,
    hint: code === undefined ? undefined : hints[code],
  });
}
