/** How values of options are read; what can't be read is refused with what was expected. */
import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../model/options.ts';

/** An option that is given as name=value, any number of times. */
export function pairsOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(pairs).default(new Map(), 'none');
}

function pairs(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError(`expected name=value, got '${text}'.`);
  return new Map([...before, [text.slice(0, equals), text.slice(equals + 1)]]);
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}, got '${text}'.`);
  };
}

/** In whole ms, `min` or more. */
export function duration(min: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined && Number.isSafeInteger(ms) && ms >= min) return ms;
    throw new InvalidArgumentError(`expected a duration such as 30s, 10m or 1h, ${min} ms or more, got '${text}'.`);
  };
}

/** In ms since 1970. */
export function time(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError(`expected a time such as 2026-11-25T09:00:00Z or ms since 1970, got '${text}'.`);
}

/** Values of Kafka's properties that nobody is to see. */
export function secretsAmong(properties: ReadonlyMap<string, string>): string[] {
  return [...properties].filter(([name]) => /password|jaas/.test(name)).map(([, value]) => value);
}
