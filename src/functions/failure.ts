/** Failures of functions on a row. The operator adds which expression it was, and where. */
import { EngineError } from '../model/errors.ts';

export function evaluationError(message: string, hint?: string): EngineError {
  return new EngineError('EVALUATION', message, { hint });
}

export function divisionByZero(): never {
  throw evaluationError('division by zero', 'Guard it: NULLIF(divisor, 0) makes the result NULL instead.');
}
