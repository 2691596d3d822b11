/** Pieces of generated code. */
import { type DataType, layoutOf } from '../../model/types.ts';

/**
 * A computed value: `value` is a short expression without effects, meaningless where `isNull` is true. `form` `code`: a code of the pool
 * (strings only); `plain`: as model/function.ts says.
 */
export type Fragment = Readonly<{ value: string; isNull: string; form: 'plain' | 'code' }>;

export function plain(value: string): Fragment {
  return { value, isNull: 'false', form: 'plain' };
}

export function isBytes(type: DataType): boolean {
  return type.kind === 'binary' || type.kind === 'varbinary';
}

export function negated(flag: string): string {
  if (flag === 'false') return 'true';
  return flag === 'true' ? 'false' : `!(${flag})`;
}

/** True where any of the values is NULL. */
export function anyNull(fragments: readonly Fragment[]): string {
  const flags = fragments.map(({ isNull }) => isNull).filter((flag) => flag !== 'false');
  if (flags.includes('true')) return 'true';
  return flags.length === 0 ? 'false' : flags.map((flag) => `(${flag})`).join(' || ');
}

/** What a variable of a layout holds while it is NULL: always of one type, so that V8 compiles it well. */
export function restingValue(type: DataType, wide: boolean): string {
  switch (layoutOf(type)) {
    case 'bool':
      return 'false';
    case 'int':
      return wide ? '0n' : '0';
    case 'string':
      return isBytes(type) ? 'null' : "''";
    case 'object':
      return 'null';
    default:
      return '0';
  }
}
