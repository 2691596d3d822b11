import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// A Docker engine's socket that follows the documented API (v1.44) as far as containers of jobs need it. It runs nothing.

type Spec = Readonly<{
  Image: string;
  Labels: Readonly<Record<string, string>>;
  ExposedPorts: Readonly<Record<string, unknown>>;
}>;

export type FakeContainer = {
  id: string;
  name: string;
  spec: Spec & Readonly<Record<string, unknown>>;
  running: boolean;
  exitCode: number;
  logs: string;
};

export interface FakeDocker {
  readonly socket: string;
  readonly containers: Map<string, FakeContainer>;
  readonly networks: Set<string>;
  readonly requests: readonly string[];
  /** Requests that are carried out and never answered. */
  drop: (request: string) => boolean;
  close(): Promise<void>;
}

/** `ports`: the host's port for each published one; whoever answers there is the container. */
export async function fakeDocker(
  images: readonly string[],
  ports: Readonly<Record<string, string>>,
): Promise<FakeDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-docker-'));
  const socket = join(folder, 'docker.sock');
  const containers = new Map<string, FakeContainer>();
  const networks = new Set<string>();
  const requests: string[] = [];
  const fake: { drop: FakeDocker['drop'] } = { drop: () => false };

  const find = (id: string): FakeContainer | undefined =>
    containers.get(id) ?? [...containers.values()].find((container) => container.name === id);

  const answer = (method: string, url: URL, text: string): Readonly<{ status: number; body?: unknown }> => {
    const path = url.pathname.replace('/v1.44', '');
    const body = text === '' ? null : JSON.parse(text);
    if (path === '/networks/create') {
      if (networks.has(body.Name))
        return { status: 409, body: { message: `network with name ${body.Name} already exists` } };
      networks.add(body.Name);
      return { status: 201, body: { Id: body.Name, Warning: '' } };
    }
    const [, network] = /^\/networks\/(.+)$/.exec(path) ?? [];
    if (network !== undefined) {
      if (!networks.has(network)) return { status: 404, body: { message: `network ${network} not found` } };
      if (method === 'DELETE') networks.delete(network);
      return method === 'DELETE' ? { status: 204 } : { status: 200, body: { Name: network } };
    }
    if (path === '/containers/create') {
      const name = url.searchParams.get('name')!;
      if (!images.includes(body.Image)) return { status: 404, body: { message: `No such image: ${body.Image}` } };
      const taken = find(name);
      if (taken !== undefined)
        return {
          status: 409,
          body: { message: `Conflict. The container name "/${name}" is already in use by container "${taken.id}".` },
        };
      const id = `id-${containers.size + 1}-${requests.length}`;
      containers.set(id, { id, name, spec: body, running: false, exitCode: 0, logs: '' });
      return { status: 201, body: { Id: id, Warnings: [] } };
    }
    if (path === '/containers/json') {
      const { label } = JSON.parse(url.searchParams.get('filters')!) as { label: string[] };
      const found = [...containers.values()].filter(({ spec }) =>
        label.every((each) => spec.Labels[each.split('=')[0]!] === each.slice(each.indexOf('=') + 1)),
      );
      return { status: 200, body: found.map(({ id, name }) => ({ Id: id, Names: [`/${name}`] })) };
    }
    const [, id, verb] = /^\/containers\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const container = find(id ?? '');
    if (container === undefined) return { status: 404, body: { message: `No such container: ${id}` } };
    if (method === 'DELETE') {
      containers.delete(container.id);
      return { status: 204 };
    }
    if (verb === 'start') {
      const status = container.running ? 304 : 204;
      container.running = true;
      return { status };
    }
    if (verb === 'logs') return { status: 200, body: Buffer.concat([...framed(container.logs)]) };
    return { status: 200, body: inspected(container, ports) };
  };

  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = `${incoming.method} ${incoming.url}`;
      requests.push(request);
      const { status, body } = answer(
        incoming.method!,
        new URL(incoming.url!, 'http://docker'),
        Buffer.concat(chunks).toString('utf8'),
      );
      if (fake.drop(request)) return;
      outgoing.writeHead(status, { 'content-type': 'application/json' });
      outgoing.end(body === undefined ? '' : Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return Object.assign(fake, {
    socket,
    containers,
    networks,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  });
}

function inspected(
  { id, name, spec, running, exitCode }: FakeContainer,
  ports: Readonly<Record<string, string>>,
): unknown {
  const published = Object.keys(spec.ExposedPorts).map((port) => [
    port,
    running ? [{ HostIp: '127.0.0.1', HostPort: ports[port] }] : null,
  ]);
  return {
    Id: id,
    Name: `/${name}`,
    Config: { Labels: spec.Labels },
    State: {
      Running: running,
      ExitCode: exitCode,
      OOMKilled: exitCode === 137,
      StartedAt: '2026-11-25T12:00:00.000000000Z',
      FinishedAt: '2026-11-25T12:05:00.000000000Z',
    },
    NetworkSettings: { Ports: Object.fromEntries(published) },
  };
}

/** stdout and stderr in turn, a frame a line. */
function* framed(text: string): Generator<Buffer> {
  for (const [index, line] of text
    .split('\n')
    .filter((each) => each !== '')
    .entries()) {
    const bytes = Buffer.from(`${line}\n`);
    const header = Buffer.alloc(8);
    header[0] = (index % 2) + 1;
    header.writeUInt32BE(bytes.length, 4);
    yield Buffer.concat([header, bytes]);
  }
}
