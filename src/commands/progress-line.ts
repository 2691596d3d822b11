/** What long work says of itself: on a terminal one line that is written again and again, else a line every ten seconds. */
import type { CommandContext } from './dependencies.ts';

export const liveIntervalMs = 500;
export const plainIntervalMs = 10_000;
export const eraseLine = '\r\u001b[2K';

/** Until `signal`; the line is gone then. `text` gets the seconds since it was asked last. `plain`: no line that is written again. */
export async function showLine(
  text: (seconds: number) => string,
  signal: AbortSignal,
  { stderr, clock }: Pick<CommandContext, 'stderr' | 'clock'>,
  plain = false,
): Promise<void> {
  const isLive = stderr.isTerminal && !plain;
  let before = clock.monotonic();
  for (;;) {
    await clock.sleep(isLive ? liveIntervalMs : plainIntervalMs, signal);
    if (signal.aborted) break;
    const now = clock.monotonic();
    const shown = text((now - before) / 1_000);
    before = now;
    await stderr.write(isLive ? eraseLine + shown.slice(0, stderr.columns - 1) : `${shown}\n`);
  }
  if (isLive) await stderr.write(eraseLine);
}
