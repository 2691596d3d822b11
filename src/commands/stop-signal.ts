import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';

export type StopSignal = Readonly<{
  /** Aborted by the first SIGINT or SIGTERM, or by `stop`. */
  signal: AbortSignal;
  stop: () => void;
  /** Signals are the process's own again. */
  release: () => void;
}>;

/** For work that ends in good order on the first signal, and at once on the second. */
export function stopSignal({ onSignal, exitNow }: Pick<CommandContext, 'onSignal' | 'exitNow'>): StopSignal {
  const stopping = new AbortController();
  const release = onSignal(() => {
    if (stopping.signal.aborted) exitNow(exitCode.interrupted);
    stopping.abort();
  });
  return { signal: stopping.signal, stop: () => stopping.abort(), release };
}
