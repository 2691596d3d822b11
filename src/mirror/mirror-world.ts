import type { Clock } from '../engine/clock.ts';

/** What a mirror needs of the process that it works in. */
export type MirrorWorld = Readonly<{
  clock: Clock;
  /** Names this process among those of the mirror; no two have the same. */
  token: string;
  warn: (text: string) => void;
}>;
