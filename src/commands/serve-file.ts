/** `<data-dir>/serve.json`: where the control plane of a data directory listens, for those who come to ask. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type ServeFile = Readonly<{
  pid: number;
  url: string;
  /** Of that very process: a port may have gone to another program since. */
  instance: string;
  startedAt: number;
}>;

const answerMs = 2_000; // for a process on this machine

export function writeServeFile(dataDirectory: string, serve: ServeFile): void {
  const path = pathOf(dataDirectory);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(serve)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** Unless a successor has written its own. */
export function removeServeFile(dataDirectory: string, instance: string): void {
  if (readServeFile(dataDirectory)?.instance === instance) rmSync(pathOf(dataDirectory), { force: true });
}

/** null where there is none, or what it names does not answer as the process that wrote it. */
export async function findServe(dataDirectory: string, token: string | undefined): Promise<ServeFile | null> {
  const serve = readServeFile(dataDirectory);
  if (serve === null) return null;
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${serve.url}/api/v1/serve`, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(answerMs),
    });
    const body = (await answer.json()) as Readonly<{ instance?: string }>;
    // A server that wants another token is one all the same: who asks it next is told so.
    return answer.status === 401 || body.instance === serve.instance ? serve : null;
  } catch {
    return null;
  }
}

function readServeFile(dataDirectory: string): ServeFile | null {
  try {
    return JSON.parse(readFileSync(pathOf(dataDirectory), 'utf8')) as ServeFile;
  } catch {
    return null;
  }
}

function pathOf(dataDirectory: string): string {
  return join(dataDirectory, 'serve.json');
}
