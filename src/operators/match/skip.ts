/** AFTER MATCH SKIP: which matches a complete one makes void, by their first row. */
import { EngineError } from '../../model/errors.ts';
import type { MatchPattern } from '../../model/plan.ts';
import { type PartialMatch, takenRows } from './partial-match.ts';

/** Whether a match that begins with the row of this number is void. */
export type IsVoid = (start: number) => boolean;

/** Throws EngineError EVALUATION where there is no such row, or where the match would begin again. */
export function voidedBy(match: PartialMatch, skip: MatchPattern['skip']): IsVoid {
  const first = match.start!.sequence;
  switch (skip.to) {
    case 'past_last_row': {
      const last = match.last!.event.sequence;
      return (start) => start <= last;
    }
    case 'next_row':
      return (start) => start <= first;
    default: {
      const { variable } = skip;
      const rows = takenRows(match.last).filter((taken) => taken.variable === variable);
      const target = rows.at(skip.to === 'first' ? 0 : -1)?.event.sequence;
      if (target === undefined) throw skipError(`no row of the match is a ${variable}`);
      if (target === first) throw skipError(`${variable} is the first row of the match, which would be found again`);
      return (start) => start < target;
    }
  }
}

function skipError(reason: string): EngineError {
  return new EngineError('EVALUATION', `AFTER MATCH SKIP: ${reason}`, {
    hint: 'Skip to a variable that every match has, and that does not begin it.',
  });
}
