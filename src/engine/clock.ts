/** The one place where time and chance come from: everything else takes a clock as an argument, so that tests can drive it. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** ms since some moment, never going back, with fractions: for durations. */
  monotonic(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`; at once when `signal` aborts, without an error. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};
