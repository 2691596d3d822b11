/** The HTTP server of a process that mirrors: probes and metrics. */
import { type ListenOptions, serveRoutes } from './http-server.ts';
import type { RunningServer } from './listening.ts';
import { MirrorMetrics, type WatchedMirror } from './mirror-metrics.ts';
import { type Handler, ok, type Route } from './router.ts';

/** Throws INVALID_OPTION for an open address without a token, CONFLICT for a taken port. `nowMs` never goes back. */
export async function serveMirrors(
  options: ListenOptions,
  mirrors: () => readonly WatchedMirror[],
  nowMs: () => number,
): Promise<RunningServer> {
  const metrics = new MirrorMetrics(nowMs);
  const get = (pattern: string, handle: Handler): Route => ({ method: 'GET', pattern, handle });
  return await serveRoutes(options, [
    get('/healthz', () => ok({ status: 'ok' })),
    get('/readyz', () => readiness(mirrors())),
    get('/metrics', async () => ({
      status: 200,
      text: await metrics.render(mirrors()),
      contentType: metrics.contentType,
    })),
  ]);
}

function readiness(mirrors: readonly WatchedMirror[]): ReturnType<typeof ok> {
  const states = mirrors.map(({ name, isReady }) => ({ name, ready: isReady() }));
  const ready = states.length > 0 && states.every((state) => state.ready);
  return ready
    ? ok({ status: 'ready', mirrors: states })
    : { status: 503, json: { status: 'not ready', mirrors: states } };
}
