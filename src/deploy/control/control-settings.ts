/** The durations and limits by which deployments are judged. All in ms where nothing else is said. */

export type ControlSettings = Readonly<{
  /** A release is stable once it has run for so long and has completed a checkpoint. */
  stableAfterMs: number;
  /** One that is not stable by then is taken back. */
  stableWithinMs: number;
  /** Failures of a release that was never stable, before it is taken back. */
  rolloutFailures: number;
  /** Failures in a row of one that was stable, before nothing more is tried. */
  giveUpFailures: number;
  /** Before the first restart; doubled with each failure in a row. */
  backOffMs: number;
  maxBackOffMs: number;
  /** A job that its engine does not know, so soon after it was handed over, may still come. */
  appearMs: number;
  /** Attempts to stop with a savepoint, before the newest checkpoint has to do. */
  stopAttempts: number;
  /** Restarts within the engine, in `restartWindowMs`: so many are a warning, and so many more than can be borne. */
  restartsWarning: number;
  restartsFailing: number;
  restartWindowMs: number;
  /** Since the newest checkpoint. */
  checkpointWarningMs: number;
  checkpointFailingMs: number;
  /** Without a record read. */
  progressMs: number;
  /** Records behind. */
  lagWarning: number;
  lagFailing: number;
  /** Without an answer of the engine. */
  silenceMs: number;
}>;

export const defaultControlSettings: ControlSettings = {
  stableAfterMs: 60_000,
  stableWithinMs: 300_000,
  rolloutFailures: 3,
  giveUpFailures: 20,
  backOffMs: 1_000,
  maxBackOffMs: 300_000,
  appearMs: 10_000,
  stopAttempts: 3,
  restartsWarning: 3,
  restartsFailing: 10,
  restartWindowMs: 600_000,
  checkpointWarningMs: 150_000,
  checkpointFailingMs: 300_000,
  progressMs: 60_000,
  lagWarning: 100_000,
  lagFailing: 1_000_000,
  silenceMs: 30_000,
};
