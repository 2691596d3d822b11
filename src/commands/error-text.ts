/** An error as a person reads it: what, where, why, what to do. */
import type { ErrorData } from '../model/errors.ts';

export type ErrorTextOptions = Readonly<{
  /** With the stack trace. */
  verbose: boolean;
  color: boolean;
}>;

/** Lines that end in a newline. */
export function errorText(error: ErrorData, options: ErrorTextOptions): string {
  const [first, ...rest] = error.message.split('\n');
  const mark = options.color ? '\u001b[31merror:\u001b[39m' : 'error:';
  const causes = error.causes.filter((cause) => !error.message.includes(cause)).map((cause) => `  because: ${cause}`);
  const hint = error.hint === undefined ? [] : [`  ${error.hint}`];
  const isBug =
    error.code === 'INTERNAL' ? ['  This is a fault in Millrace: please report it, with the output of --verbose.'] : [];
  const stack = options.verbose && error.stack !== undefined ? [error.stack] : [];
  return `${[`${mark} ${first}`, ...rest, ...causes, ...hint, ...isBug, ...stack].join('\n')}\n`;
}
