import { DatabaseSync } from 'node:sqlite';
import { defaultControlSettings } from '../../../src/deploy/control/control-settings.ts';
import { DeploymentStore } from '../../../src/deploy/control/deployment-store.ts';
import { LocalControlPlane } from '../../../src/deploy/control/local-control-plane.ts';
import { targetsOf } from '../../../src/deploy/control/targets.ts';
import { systemClock } from '../../../src/engine/clock.ts';
import type { Release } from '../../../src/model/deployment.ts';
import type { TokenHolder } from '../../../src/server/access.ts';
import { startControlServer } from '../../../src/server/control-server.ts';
import type { RunningServer } from '../../../src/server/listening.ts';
import { controlPage } from '../../../src/web/control-page.ts';
import { releaseOf } from '../releases.ts';
import { fakeService } from './fake-service.ts';
import { FakeTarget } from './fake-world.ts';

export type Served = Readonly<{
  server: RunningServer;
  control: LocalControlPlane;
  target: FakeTarget;
  close: () => Promise<void>;
}>;

/** The control plane's HTTP server over an engine in memory. */
export async function serveControl(
  options: Readonly<{
    releases?: readonly Release[];
    holders?: readonly TokenHolder[];
    token?: string;
    events?: (text: string) => string;
  }> = {},
): Promise<Served> {
  const { releases = [releaseOf()], holders = null, token } = options;
  const target = new FakeTarget(systemClock);
  const store = new DeploymentStore(new DatabaseSync(':memory:'));
  const settings = { ...defaultControlSettings, stableAfterMs: 100, backOffMs: 20 };
  const targets = targetsOf({ millrace: () => target });
  const control = new LocalControlPlane({ store, targets, clock: systemClock, settings, pollMs: 20, warn: () => {} });
  control.start();
  const service = fakeService({ releases, holders, now: () => systemClock.now() }, control);
  const server = await startControlServer({
    port: 0,
    host: '127.0.0.1',
    token,
    owner: { name: 'local', team: null, roles: ['*/admin'] },
    holders: service.holders,
    statuses: () => [],
    pages: controlPage,
    backend: {
      service,
      logs: (key, lines) => control.logs(key, lines),
      events: (key, limit) => control.events(key, limit),
      status: () => null,
      now: () => systemClock.now(),
      info: { version: '1.2.3', instance: 'i', startedAt: systemClock.now() },
    },
  });
  const close = async (): Promise<void> => {
    await server.close();
    await control.close({ park: false });
  };
  return { server, control, target, close };
}
