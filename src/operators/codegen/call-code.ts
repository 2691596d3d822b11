/** Generated code that calls a function: its null rule, its integers in this variant's form. */
import type { Expression } from '../../model/expression.ts';
import type { Argument, Implementation, ImplementContext, SessionContext } from '../../model/function.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import type { CodeBuilder } from './code-builder.ts';
import { anyNull, type Fragment, plain, restingValue } from './fragment.ts';
import { toNarrow, toSafeNumber, toWide, widenSignal } from './integers.ts';

/** A function or a cast, as model/function.ts declares them. */
export type Callable = Readonly<{
  nulls: 'strict' | 'handled';
  integers?: 'any' | 'number' | undefined;
  implement: (ctx: ImplementContext) => Implementation;
}>;

/** Plain operators on numbers can't fail; what calls something may. */
function mayFail(made: Implementation): boolean {
  return made.kind === 'call' || Object.keys(made.helpers ?? {}).length > 0;
}

export class CallCode {
  readonly #builder: CodeBuilder;
  readonly #wide: boolean;
  readonly #session: SessionContext;

  constructor(builder: CodeBuilder, wide: boolean, session: SessionContext) {
    this.#builder = builder;
    this.#wide = wide;
    this.#session = session;
  }

  /** A call of `whole`: `args` are the plain fragments of its arguments, `expressions`. */
  apply(
    callable: Callable,
    whole: Expression,
    expressions: readonly Expression[],
    args: readonly Fragment[],
  ): Fragment {
    const { type } = whole;
    const described = expressions.map(
      (e): Argument => ({ type: e.type, literal: e.kind === 'literal' ? e.value : undefined }),
    );
    const wideInside = this.#wide && callable.integers === 'any';
    const made = callable.implement({ args: described, result: type, wide: wideInside, session: this.#session });
    const values = args.map(({ value }, i) =>
      this.#wide && !wideInside && layoutOf(expressions[i]!.type) === 'int' ? this.#toNumber(value, args[i]!) : value,
    );
    if (mayFail(made) || values.some((value, i) => value !== args[i]!.value)) this.#builder.site(whole);
    if (callable.nulls === 'handled') {
      const passed = args.map(({ isNull }, i) =>
        isNull === 'false' ? values[i]! : `(${isNull} ? null : ${values[i]!})`,
      );
      return this.#checked(this.fromResult(this.#invoke(made, passed, type, wideInside), type), type);
    }
    const mayBeNull = made.mayBeNull === true || (made.kind === 'call' && type.nullable);
    const isNull = anyNull(args);
    if (mayBeNull) {
      const guarded = (call: string): string => (isNull === 'false' ? call : `${isNull} ? null : ${call}`);
      return this.#checked(this.fromResult(guarded(this.#invoke(made, values, type, wideInside)), type), type);
    }
    return this.strict(args, type, () => this.#invoke(made, values, type, wideInside));
  }

  /** A value that is computed only when no argument is NULL. */
  strict(args: readonly Fragment[], type: DataType, compute: () => string): Fragment {
    const value = this.#builder.name('v');
    const isNull = anyNull(args);
    if (isNull === 'false') {
      this.#builder.line(`const ${value} = ${compute()};`);
      return this.#checked(plain(value), type);
    }
    const flag = this.#builder.name('n');
    this.#builder.line(`const ${flag} = ${isNull}; let ${value} = ${restingValue(type, this.#wide)};`);
    const body = this.#builder.block(() => this.#builder.line(`${value} = ${compute()};`));
    this.#builder.line(`if (!${flag}) {\n${body}\n}`);
    return this.#checked({ value, isNull: flag, form: 'plain' }, type);
  }

  /** A value that may be null or undefined, as value and flag. */
  fromResult(result: string, type: DataType): Fragment {
    const raw = this.#builder.name('r');
    const flag = this.#builder.name('n');
    const value = this.#builder.name('v');
    const resting = restingValue(type, this.#wide);
    this.#builder.line(
      `const ${raw} = ${result}; const ${flag} = ${raw} === null || ${raw} === undefined; const ${value} = ${flag} ? ${resting} : ${raw};`,
    );
    return { value, isNull: flag, form: 'plain' };
  }

  /** In narrow code: leaves it when an integer is no longer exact. */
  #checked(fragment: Fragment, type: DataType): Fragment {
    if (this.#wide || layoutOf(type) !== 'int') return fragment;
    const widen = this.#builder.capture('widen', widenSignal);
    this.#builder.line(
      `if (!(${fragment.value} <= 9007199254740991 && ${fragment.value} >= -9007199254740991)) ${widen}();`,
    );
    return fragment;
  }

  #invoke(made: Implementation, args: readonly string[], type: DataType, wideInside: boolean): string {
    if (made.kind === 'inline') this.#builder.captureAs(made.helpers ?? {});
    const text =
      made.kind === 'inline'
        ? `(${made.source(args.map((arg) => this.#named(arg)))})`
        : `${this.#builder.capture('f', made.call)}(${args.join(', ')})`;
    if (layoutOf(type) !== 'int' || (made.kind === 'inline' && wideInside === this.#wide)) return text;
    return `${this.#wide ? this.#builder.capture('toWide', toWide) : this.#builder.capture('toNarrow', toNarrow)}(${text})`;
  }

  #toNumber(value: string, arg: Fragment): string {
    const convert = `${this.#builder.capture('toSafeNumber', toSafeNumber)}(${value})`;
    return arg.isNull === 'false' ? convert : `(${arg.isNull} ? 0 : ${convert})`;
  }

  /** Inline code may use an argument many times: gives it a name, unless it is short and free already. */
  #named(text: string): string {
    if (/^[\w.[\]]+$|^\(-?[\w.+]+\)$|^"[^"\\]*"$/.test(text)) return text;
    const name = this.#builder.name('a');
    this.#builder.line(`const ${name} = ${text};`);
    return name;
  }
}
