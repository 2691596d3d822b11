/** A server from the moment that it listens to its end. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineError } from '../model/errors.ts';

export type RunningServer = Readonly<{
  /** The one that was taken. */
  port: number;
  /** Refuses new connections and ends the open ones. */
  close(): Promise<void>;
}>;

/** `port` 0: any free one. EngineError CONFLICT for a taken port, IO for another fault. */
export async function listening(
  server: Server,
  { host, port }: Readonly<{ host: string; port: number }>,
): Promise<RunningServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenFault(cause, host, port)));
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

function listenFault(cause: NodeJS.ErrnoException, host: string, port: number): EngineError {
  if (cause.code !== 'EADDRINUSE')
    return new EngineError('IO', `server on ${host}:${port}: ${cause.message}`, { cause });
  return new EngineError('CONFLICT', `server on ${host}:${port}: the port is taken`, {
    cause,
    hint: 'Choose another with --port; 0 takes any free one.',
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
