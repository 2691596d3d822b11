import { connect, createServer, type Server, type Socket } from 'node:net';

/** A broker seen from far away: each byte takes `oneWayMs`, either way. */
export interface DelayingProxy {
  /** `host:port`, in place of the broker's. */
  readonly bootstrap: string;
  close(): Promise<void>;
}

/** The broker names itself in its answers; there the proxy's port stands in place of its own, so that clients stay on the long way. */
export async function delayingProxy(broker: string, oneWayMs: number): Promise<DelayingProxy> {
  const port = Number(broker.split(':')[1]);
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => setTimeout(() => upstream.write(bytes), oneWayMs));
    upstream.on('data', (bytes) => setTimeout(() => client.write(renamed(bytes)), oneWayMs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as { port: number }).port;
  const [before, after] = [address(port), address(own)];
  function renamed(bytes: Buffer): Buffer {
    for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + 1)) after.copy(bytes, at);
    return bytes;
  }
  return {
    bootstrap: `127.0.0.1:${own}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A broker's address as responses hold it: COMPACT_STRING, int32. */
function address(port: number): Buffer {
  const bytes = Buffer.from('\u000a127.0.0.1\0\0\0\0', 'latin1');
  bytes.writeInt32BE(port, bytes.length - 4);
  return bytes;
}
