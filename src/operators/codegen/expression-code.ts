/**
 * Expressions as JavaScript. One `ExpressionCode` writes the code of one generated function for one *variant*: integers narrow or wide,
 * each string column as codes or bytes. SQL's three-valued logic is carried as a value and a null flag beside it; branches that SQL
 * would not evaluate are not evaluated.
 */
import { castFunction } from '../../functions/cast.ts';
import { scalarFunction } from '../../functions/registry.ts';
import { assert } from '../../model/errors.ts';
import { columnRef, type Expression, type LiteralValue, mapChildren } from '../../model/expression.ts';
import type { SessionContext } from '../../model/function.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import { CallCode } from './call-code.ts';
import { CodeBuilder } from './code-builder.ts';
import { CodeMemo } from './code-memo.ts';
import { type Fragment, isBytes, negated, plain, restingValue } from './fragment.ts';
import { widenSignal } from './integers.ts';
import { isDeterministic, memoColumn } from './memo-rule.ts';

export type ExpressionContext = Readonly<{
  builder: CodeBuilder;
  wide: boolean;
  session: SessionContext;
  /** The value of a column in the current row. */
  column: (index: number) => Fragment;
  /** The name of the pool in the code. null: there is none, and strings are plain. */
  pool: string | null;
  /** Called with each memo: it wants `sync(pool)` before a batch. */
  addMemo: (memo: CodeMemo) => void;
}>;

export class ExpressionCode {
  readonly #ctx: ExpressionContext;
  readonly #builder: CodeBuilder;
  readonly #calls: CallCode;

  constructor(ctx: ExpressionContext) {
    this.#ctx = ctx;
    this.#builder = ctx.builder;
    this.#calls = new CallCode(ctx.builder, ctx.wide, ctx.session);
  }

  /** Writes the code that computes `expression`, in the form that is cheapest. */
  fragment(expression: Expression): Fragment {
    const memo = this.#memoised(expression);
    if (memo !== null) return memo;
    switch (expression.kind) {
      case 'column':
        return this.#ctx.column(expression.index);
      case 'literal':
        return this.#literal(expression.value, expression.type);
      case 'is_null':
        return plain(this.fragment(expression.arg).isNull);
      case 'is_not_null':
        return plain(negated(this.fragment(expression.arg).isNull));
      case 'not': {
        const arg = this.plain(expression.arg);
        return { value: `!${arg.value}`, isNull: arg.isNull, form: 'plain' };
      }
      case 'and':
      case 'or':
        return this.#logic(expression.kind, expression.args);
      case 'case':
        return this.#case(expression);
      case 'cast':
        return expression.onError === 'fail' ? this.#cast(expression) : this.#tryCast(expression);
      case 'field': {
        const row = this.plain(expression.arg);
        return this.#calls.fromResult(`${row.isNull} ? null : ${row.value}[${expression.index}]`, expression.type);
      }
      case 'call':
        return this.#call(expression.name, expression.args, expression.type);
    }
  }

  /** As a JavaScript value: strings as text. */
  plain(expression: Expression): Fragment {
    const fragment = this.fragment(expression);
    if (fragment.form === 'plain') return fragment;
    const { type } = expression;
    const name = this.#builder.name('t');
    const read = `${this.#ctx.pool}.${isBytes(type) ? 'bytes' : 'string'}(${fragment.value})`;
    this.#builder.line(
      `const ${name} = ${fragment.isNull === 'false' ? read : `${fragment.isNull} ? ${restingValue(type, false)} : ${read}`};`,
    );
    return { value: name, isNull: fragment.isNull, form: 'plain' };
  }

  /** A string as a code of the pool. */
  code(expression: Expression): Fragment {
    const fragment = this.fragment(expression);
    if (fragment.form === 'code') return fragment;
    const { value, isNull } = fragment;
    const name = this.#builder.name('s');
    const intern = isBytes(expression.type) ? `intern(${value}, 0, ${value}.length)` : `internString(${value})`;
    this.#builder.line(`const ${name} = ${isNull === 'false' ? '' : `${isNull} ? 0 : `}${this.#ctx.pool}.${intern};`);
    return { value: name, isNull, form: 'code' };
  }

  #literal(value: LiteralValue, type: DataType): Fragment {
    if (value === null) return { value: restingValue(type, this.#ctx.wide), isNull: 'true', form: 'plain' };
    if (layoutOf(type) === 'int') {
      if (this.#ctx.wide) return plain(`${value}n`);
      if (typeof value === 'bigint') {
        this.#builder.line(`${this.#builder.capture('widen', widenSignal)}();`);
        return plain('0');
      }
    }
    if (typeof value === 'object') return plain(this.#builder.capture('bytes', value));
    if (typeof value !== 'number') return plain(JSON.stringify(value));
    return plain(Object.is(value, -0) ? '(-0)' : `(${value})`);
  }

  /** Kleene's AND and OR with short circuit: a decided operand ends the evaluation. */
  #logic(kind: 'and' | 'or', args: readonly Expression[]): Fragment {
    const value = this.#builder.name('b');
    const isNull = this.#builder.name('n');
    const decisive = kind === 'or';
    this.#builder.line(`let ${value} = ${!decisive}, ${isNull} = false;`);
    for (const [i, arg] of args.entries()) {
      const body = this.#builder.block(() => {
        const next = this.plain(arg);
        this.#builder.line(
          `if (${next.isNull}) ${isNull} = true; else if (${decisive ? '' : '!'}${next.value}) { ${value} = ${decisive}; ${isNull} = false; }`,
        );
      });
      this.#builder.line(i === 0 ? body : `if (${value} !== ${decisive}) {\n${body}\n}`);
    }
    return { value, isNull: args.some((arg) => arg.type.nullable) ? isNull : 'false', form: 'plain' };
  }

  #case(expression: Extract<Expression, { kind: 'case' }>): Fragment {
    const value = this.#builder.name('c');
    const isNull = this.#builder.name('n');
    this.#builder.line(`let ${value} = ${restingValue(expression.type, this.#ctx.wide)}, ${isNull} = false;`);
    const assign = (result: Expression): void => {
      const fragment = this.plain(result);
      this.#builder.line(
        fragment.isNull === 'true'
          ? `${isNull} = true;`
          : `${value} = ${fragment.value}; ${isNull} = ${fragment.isNull};`,
      );
    };
    for (const { when, result } of expression.branches) {
      const condition = this.plain(when);
      this.#builder.line(`if (!(${condition.isNull}) && ${condition.value}) {`);
      assign(result);
      this.#builder.line('} else {');
    }
    assign(expression.otherwise);
    this.#builder.line('}'.repeat(expression.branches.length));
    return { value, isNull, form: 'plain' };
  }

  #cast({ arg, type }: Extract<Expression, { kind: 'cast' }>): Fragment {
    const { integers, implement } = castFunction(arg.type, type);
    return this.#calls.apply({ nulls: 'strict', integers, implement }, [arg], [this.plain(arg)], type);
  }

  #tryCast(expression: Extract<Expression, { kind: 'cast' }>): Fragment {
    const value = this.#builder.name('x');
    const isNull = this.#builder.name('n');
    this.#builder.line(`let ${value} = ${restingValue(expression.type, this.#ctx.wide)}, ${isNull} = false;`);
    this.#builder.line('try {');
    const fragment = this.#cast(expression);
    this.#builder.line(`${value} = ${fragment.value}; ${isNull} = ${fragment.isNull};`);
    this.#builder.line(
      `} catch (error) { ${this.#builder.capture('onlyEvaluation', onlyEvaluation)}(error); ${isNull} = true; }`,
    );
    return { value, isNull, form: 'plain' };
  }

  #call(name: string, args: readonly Expression[], type: DataType): Fragment {
    const byCode = name === '=' || name === '<>' ? this.#equalByCode(name, args, type) : null;
    if (byCode !== null) return byCode;
    const definition = scalarFunction(name);
    assert(definition !== undefined, () => `function ${name} was bound but is not in the table`);
    return this.#calls.apply(
      definition,
      args,
      args.map((arg) => this.plain(arg)),
      type,
    );
  }

  /** Strings of one pool are equal when their codes are. */
  #equalByCode(name: '=' | '<>', args: readonly Expression[], type: DataType): Fragment | null {
    if (this.#ctx.pool === null) return null;
    const inCodes = (e: Expression): boolean => e.kind === 'column' && this.#ctx.column(e.index).form === 'code';
    if (!args.some(inCodes) || !args.every((arg) => inCodes(arg) || (arg.kind === 'literal' && arg.value !== null)))
      return null;
    const [left, right] = args.map((arg) =>
      arg.kind === 'literal' ? this.#literalCode(arg.value!) : this.fragment(arg),
    ) as [Fragment, Fragment];
    return this.#calls.strict(
      [left, right],
      type,
      () => `${left.value} ${name === '=' ? '===' : '!=='} ${right.value}`,
    );
  }

  #literalCode(value: NonNullable<LiteralValue>): Fragment {
    const memo = new CodeMemo((text) => text);
    this.#ctx.addMemo(memo);
    const code = this.#builder.name('k');
    this.#builder.hoist(
      `const ${code} = ${this.#builder.capture('literal', memo)}.codeOf(${this.#builder.capture('text', value)});`,
    );
    return { value: code, isNull: 'false', form: 'code' };
  }

  /** Deterministic functions of a single column in codes are computed once a code. */
  #memoised(expression: Expression): Fragment | null {
    if (this.#ctx.pool === null || !isDeterministic(expression)) return null;
    const index = memoColumn(expression, (column) => this.#ctx.column(column).form === 'code');
    if (index === null) return null;
    const memo = memoOf(expression, index, this.#ctx.session, this.#ctx.wide);
    this.#ctx.addMemo(memo);
    const { value, isNull } = this.#ctx.column(index);
    const key = isNull === 'false' ? value : `${isNull} ? -1 : ${value}`;
    const name = this.#builder.capture('memo', memo);
    if (layoutOf(expression.type) !== 'string' || isBytes(expression.type))
      return this.#calls.fromResult(`${name}.value(${key})`, expression.type);
    const code = this.#builder.name('m');
    this.#builder.line(`const ${code} = ${name}.code(${key});`);
    return { value: code, isNull: `${code} < 0`, form: 'code' };
  }
}

/** A function of values from an expression over columns; `parameters` gives the parameter's name of each column. null = NULL. */
export function compileScalar<T>(
  expression: Expression,
  parameters: readonly string[],
  session: SessionContext,
  wide: boolean,
): T {
  const builder = new CodeBuilder();
  const code = new ExpressionCode({
    builder,
    wide,
    session,
    column: (index) => ({ value: parameters[index]!, isNull: `${parameters[index]} === null`, form: 'plain' }),
    pool: null,
    addMemo: () => assert(false, () => 'a memo in a function of plain values'),
  });
  const { value, isNull } = code.plain(expression);
  builder.line(`return ${isNull} ? null : ${value};`);
  return builder.build<T>('scalar', parameters);
}

function memoOf(expression: Expression, index: number, session: SessionContext, wide: boolean): CodeMemo {
  let bytes = false;
  const onFirst = (e: Expression): Expression => {
    if (e.kind !== 'column') return mapChildren(e, onFirst);
    assert(e.index === index, () => `a memo over column ${index} met column ${e.index}`);
    bytes ||= isBytes(e.type);
    return columnRef(0, e.type);
  };
  const single = onFirst(expression);
  return new CodeMemo(compileScalar(single, ['input'], session, wide), bytes);
}

/** TRY_CAST turns failures of evaluation into NULL, and nothing else. */
function onlyEvaluation(error: unknown): void {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== 'EVALUATION' && code !== 'LIMIT') throw error;
}
