import type { Cause, MirrorLoss } from '../model/audit.ts';
import { EngineError } from '../model/errors.ts';

const texts: Readonly<Partial<Record<Cause, string>>> = {
  'retention-overtook': 'retention has deleted them at the source before they were mirrored',
  truncation: 'the source has lost them after they were mirrored, or others stand there now',
  'topic-recreated': 'the source topic was deleted and made anew',
  unknown: 'the source leaves them out, and neither compaction nor retention explains it',
};

/** What a mirror with `onLoss: fail` ends with. */
export function lossError(losses: readonly MirrorLoss[]): EngineError {
  const [first] = losses;
  const { topic, partition, from, to, cause } = first!;
  const more = losses.length > 1 ? `, and ${losses.length - 1} more` : '';
  return new EngineError(
    cause === 'topic-recreated' ? 'CONFLICT' : 'NOT_FOUND',
    `topic '${topic}', partition ${partition}: offsets ${from} to ${to} are lost (${cause}): ${texts[cause] ?? cause}${more}`,
    {
      hint: 'onLoss: skip-and-record goes on behind them; they are recorded either way.',
      details: { losses },
    },
  );
}
