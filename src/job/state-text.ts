/** What an operator keeps, and until when, as text. */
import type { OperatorSpec } from '../model/job-graph.ts';
import { formatDuration } from '../sql/format-expression.ts';

/** null: nothing. */
export function stateText(spec: OperatorSpec): string | null {
  const kept = keptText(spec);
  if (kept === null || !isUnbounded(spec)) return kept;
  const ttl = 'stateTtlMs' in spec ? spec.stateTtlMs : null;
  return `${kept}; ${ttl === null ? 'for ever' : `forgotten ${formatDuration(ttl)} after it was written`}`;
}

const openWindows = 'until the watermark has passed their window';

function keptText(spec: OperatorSpec): string | null {
  switch (spec.kind) {
    case 'group_aggregate':
      return spec.keys.length === 0 ? 'accumulators, one row' : 'accumulators, a row for each key';
    case 'processing_time_aggregate':
    case 'session_aggregate':
    case 'row_window_aggregate':
      return 'accumulators, a row for each key and window, until it has fired';
    case 'session':
    case 'row_session_aggregate':
      return `rows of open sessions, ${openWindows}`;
    case 'join':
      return 'every row of both sides, by the key';
    case 'interval_join':
      return 'rows of both sides that may still find a partner';
    case 'window_join':
      return `rows of both sides, ${openWindows}`;
    case 'temporal_join':
      return 'left rows until the watermark has passed them; versions of right rows that may still be asked for';
    case 'over':
      return spec.time === null
        ? 'every row'
        : `accumulators${spec.frame.preceding === null ? '' : ', rows of each frame'}`;
    case 'rank':
      return spec.window === null ? rankText(spec) : `the first rows of each window, ${openWindows}`;
    case 'deduplicate':
      return `a row for each key${spec.window === null ? '' : ` and window, ${openWindows}`}`;
    case 'temporal_sort':
      return 'rows until the watermark has passed them';
    case 'match':
      return 'rows until the watermark has passed them, and those of partial matches';
    case 'limit':
      return 'how many rows have come';
    case 'changelog_normalize':
      return 'the newest row of each key';
    case 'sink_materialize':
      return "every row, by the sink's key";
    case 'set_operation':
      return 'how often each side has a row';
    default:
      return null;
  }
}

function rankText({ inputChanges, unique }: Extract<OperatorSpec, { kind: 'rank' }>): string {
  const all = (inputChanges.update || inputChanges.delete) && unique === null;
  return all ? 'every row of each partition' : 'the first rows of each partition';
}

/** Neither time nor a number of rows ends it. */
function isUnbounded(spec: OperatorSpec): boolean {
  switch (spec.kind) {
    case 'join':
    case 'changelog_normalize':
    case 'sink_materialize':
    case 'set_operation':
      return true;
    case 'group_aggregate':
      return spec.keys.length > 0;
    case 'rank':
    case 'deduplicate':
      return spec.window === null;
    case 'over':
      return spec.partition.length > 0 || spec.time === null;
    default:
      return false;
  }
}
