/**
 * How rows of a Node program reach the `iterable` connector in a worker: messages on a BroadcastChannel of this name, within the process.
 * The reader asks, the program answers with as many lines of JSON as it has, at the most so many as were asked for.
 */
export function feedChannel(id: string): string {
  return `millrace-feed-${id}`;
}

/** `token`: the reader that asks; answers go to all who listen. `from`: how many rows it has had, counted over restarts. */
export type FeedRequest = Readonly<{ kind: 'ask'; token: string; from: number; rows: number }>;

/** `done`: no row will come behind these. `error`: the iterable threw. */
export type FeedAnswer = Readonly<{
  kind: 'rows';
  token: string;
  lines: readonly string[];
  done: boolean;
  error: string | null;
}>;
