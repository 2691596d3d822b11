import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A service that never outlives the test process, however that ends. A small shell stands between the two: its standard input is a pipe
 * from here, which the system closes when this process is gone, and then the shell kills the service.
 */
export type GuardedProcess = Readonly<{
  pid: number;
  /** Resolves with the exit code when the service has ended. */
  exited: Promise<number | null>;
  /** Asks it to end, then after `graceMs` kills it. */
  stop(graceMs?: number): Promise<void>;
  /** Kills it at once, as a crash would. */
  kill(): Promise<void>;
}>;

const guard = `exec 3<&0
"$@" >"$GUARD_LOG" 2>&1 </dev/null &
pid=$!
echo $pid
{ read -r line <&3; kill -9 $pid; [ -z "$GUARD_TEMPORARY" ] || rm -rf "$GUARD_TEMPORARY"; } 2>/dev/null &
reader=$!
wait $pid
code=$?
kill $reader 2>/dev/null
exit $code`;

/** `log` takes what it says; `temporary` is a folder of its own, which goes with it when the test process is gone. */
export async function startGuarded(
  command: readonly string[],
  options: { cwd: string; log: string; temporary?: string; env?: Readonly<Record<string, string>> },
): Promise<GuardedProcess> {
  const guarded = { GUARD_LOG: options.log, GUARD_TEMPORARY: options.temporary ?? '' };
  const env = { ...process.env, ...options.env, ...guarded };
  const shell = spawn('sh', ['-c', guard, 'guard', ...command], {
    cwd: options.cwd,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(shell, 'exit').then(([code]) => code as number | null);
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(String(line).trim());
  shell.unref();
  const end = async (signal: NodeJS.Signals, graceMs: number): Promise<void> => {
    shell.ref();
    signalProcess(pid, signal);
    const timer = setTimeout(() => signalProcess(pid, 'SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
    shell.stdin.destroy();
  };
  return { pid, exited, stop: (graceMs = 10_000) => end('SIGTERM', graceMs), kill: () => end('SIGKILL', 0) };
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Waits until `probe` holds. Fails with the end of the log when the service dies or takes longer than `timeoutMs`. */
export async function waitUntilReady(
  service: GuardedProcess,
  probe: () => Promise<boolean>,
  options: { what: string; log: string; timeoutMs?: number },
): Promise<void> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  let ended = false;
  service.exited.then(() => {
    ended = true;
  });
  while (!(await probe())) {
    if (ended || Date.now() > deadline) {
      const tail = readFileSync(options.log, 'utf8').slice(-2000);
      throw new Error(`${options.what} ${ended ? 'ended' : 'is not ready'}; the end of its log:\n${tail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ports of the loopback that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
