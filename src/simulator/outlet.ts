/** Where records go. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { RecordBuffer } from './record-buffer.ts';

/**
 * *Delivery guarantee*: records are handed over once and in order; what `close` has resolved for is written. A publisher that is killed
 * loses what it had not written, and does not go on where it was: it simulates anew.
 */
export interface Outlet {
  /** Records are borrowed until it resolves, which is when there is room for more. */
  write(records: RecordBuffer): Promise<void>;
  /** Writes what waits, then closes; after a `write` that failed it only lets go. */
  close(): Promise<void>;
}

/** Bytes in order: a file, stdout. Bytes are borrowed until `write` resolves. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Records as lines. */
export function lineOutlet(sink: ByteSink): Outlet {
  return {
    write: (records) => sink.write(records.bytes.subarray(0, records.end)),
    close: () => sink.close(),
  };
}

/** A file, written anew; its directory is made. IO when it can't be written. */
export async function fileSink(path: string): Promise<ByteSink> {
  const failed = (cause: unknown): EngineError => {
    const found = cause instanceof Error ? cause.message : String(cause);
    return new EngineError('IO', `file '${path}': expected to write it, found: ${found}`, { cause });
  };
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'w');
    return {
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, at).catch((error: unknown) => {
            throw failed(error);
          });
          at += bytesWritten;
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    throw failed(error);
  }
}
