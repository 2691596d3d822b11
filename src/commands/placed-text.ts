import type { Position } from '../model/errors.ts';

/** A message about a file that names the line of `position`, with the column behind it. */
export function placedText({
  message,
  position,
}: Readonly<{ message: string; position?: Position | undefined }>): string {
  if (position === undefined || message.includes(', column ')) return message;
  return message.replace(`, line ${position.line}`, `, line ${position.line}, column ${position.column}`);
}
