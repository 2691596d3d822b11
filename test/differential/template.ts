// Texts with holes: `{int}` is an expression of that type, `{1..7}` a number, `{+|-|*}` one of several.
import type { Random } from './random.ts';

const hole = /\{([^{}"]+)\}/g;
const range = /^(-?\d+)\.\.(-?\d+)$/;

/** `of` gives an expression for the name of a type, and undefined for what is none. */
export function fill(template: string, random: Random, of: (name: string) => string | undefined): string {
  return template.replaceAll(hole, (_, content: string) => {
    const chosen = random.pick(content.split('|'));
    const [, low, high] = range.exec(chosen) ?? [];
    return low === undefined ? (of(chosen) ?? chosen) : String(random.between(Number(low), Number(high)));
  });
}
