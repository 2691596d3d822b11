/**
 * Expressions as JavaScript. One `ExpressionCode` writes the code of one generated function for one *variant*: integers narrow or wide,
 * each string column as codes or bytes. SQL's three-valued logic is carried as a value and a null flag beside it; branches that SQL
 * would not evaluate are not evaluated.
 */
import { castFunction } from '../../functions/cast.ts';
import { scalarFunction } from '../../functions/registry.ts';
import { assert } from '../../model/errors.ts';
import {
  type Call,
  columnRef,
  type Expression,
  type Literal,
  type LiteralValue,
  mapChildren,
} from '../../model/expression.ts';
import type { SessionContext } from '../../model/function.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import type { TextRange } from './batch-columns.ts';
import { CallCode } from './call-code.ts';
import { CodeBuilder } from './code-builder.ts';
import { CodeMemo } from './code-memo.ts';
import { type Fragment, isBytes, negated, plain, restingValue } from './fragment.ts';
import { widenSignal } from './integers.ts';
import { isDeterministic, memoColumn } from './memo-rule.ts';
import { encodeText, equalRange } from './text-bytes.ts';

/** How the code reads columns in the current row. */
type ColumnSource = Readonly<{
  fragment(index: number): Fragment;
  /** Whether the column holds codes of the pool. */
  isCode(index: number): boolean;
  /** Where a string that lies as bytes is; null for another column. */
  range(index: number): TextRange | null;
}>;

export type ExpressionContext = Readonly<{
  builder: CodeBuilder;
  wide: boolean;
  session: SessionContext;
  columns: ColumnSource;
  /** For messages. */
  columnNames: readonly string[];
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
        return this.#ctx.columns.fragment(expression.index);
      case 'literal':
        return this.#literal(expression.value, expression.type);
      case 'is_null':
        return plain(this.fragment(expression.arg).isNull);
      case 'is_not_null':
        return plain(negated(this.fragment(expression.arg).isNull));
      case 'not': {
        const arg = this.plain(expression.arg);
        return { value: `!(${arg.value})`, isNull: arg.isNull, form: 'plain' };
      }
      case 'and':
      case 'or':
        return this.#logic(expression.kind, expression.args);
      case 'case':
        return this.#case(expression);
      case 'cast':
        return expression.onError === 'fail'
          ? this.#cast(expression, this.plain(expression.arg))
          : this.#tryCast(expression);
      case 'field': {
        const row = this.plain(expression.arg);
        return this.#calls.fromResult(`${row.isNull} ? null : ${row.value}[${expression.index}]`, expression.type);
      }
      case 'call':
        return this.#call(expression);
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
    if (isTextLiteral(expression)) return this.#literalCode(expression.value);
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
    let mayBeNull = false;
    this.#builder.line(`let ${value} = ${!decisive}, ${isNull} = false;`);
    for (const [i, arg] of args.entries()) {
      const body = this.#builder.block(() => {
        const next = this.plain(arg);
        const decide = `if (${decisive ? '' : '!'}(${next.value})) { ${value} = ${decisive}; ${isNull} = false; }`;
        mayBeNull ||= next.isNull !== 'false';
        this.#builder.line(next.isNull === 'false' ? decide : `if (${next.isNull}) ${isNull} = true; else ${decide}`);
      });
      this.#builder.line(i === 0 ? body : `if (${value} !== ${decisive}) {\n${body}\n}`);
    }
    return { value, isNull: mayBeNull ? isNull : 'false', form: 'plain' };
  }

  #case(expression: Extract<Expression, { kind: 'case' }>): Fragment {
    const value = this.#builder.name('c');
    const isNull = this.#builder.name('n');
    const inCodes = this.#ctx.pool !== null && resultsOf(expression).every((result) => this.#isCheapCode(result));
    const resting = inCodes ? '0' : restingValue(expression.type, this.#ctx.wide);
    let mayBeNull = false;
    this.#builder.line(`let ${value} = ${resting}, ${isNull} = false;`);
    const assign = (result: Expression): void => {
      const fragment = inCodes ? this.code(result) : this.plain(result);
      mayBeNull ||= fragment.isNull !== 'false';
      this.#builder.line(
        fragment.isNull === 'true'
          ? `${isNull} = true;`
          : `${value} = ${fragment.value};${fragment.isNull === 'false' ? '' : ` ${isNull} = ${fragment.isNull};`}`,
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
    return { value, isNull: mayBeNull ? isNull : 'false', form: inCodes ? 'code' : 'plain' };
  }

  /** Whether a string is there as a code without looking it up a row. */
  #isCheapCode(expression: Expression): boolean {
    if (layoutOf(expression.type) !== 'string') return false;
    if (expression.kind === 'column') return this.#ctx.columns.isCode(expression.index);
    return (
      expression.kind === 'literal' ||
      (expression.kind === 'case' && resultsOf(expression).every((e) => this.#isCheapCode(e)))
    );
  }

  #cast(cast: CastExpression, arg: Fragment): Fragment {
    const { integers, implement } = castFunction(cast.arg.type, cast.type);
    return this.#calls.apply({ nulls: 'strict', integers, implement }, cast, [cast.arg], [arg]);
  }

  /** Only the conversion is tried: what the argument throws is an error. */
  #tryCast(expression: CastExpression): Fragment {
    const arg = this.plain(expression.arg);
    const value = this.#builder.name('x');
    const isNull = this.#builder.name('n');
    this.#builder.line(`let ${value} = ${restingValue(expression.type, this.#ctx.wide)}, ${isNull} = false;`);
    this.#builder.line('try {');
    const fragment = this.#cast(expression, arg);
    this.#builder.line(`${value} = ${fragment.value}; ${isNull} = ${fragment.isNull};`);
    this.#builder.line(
      `} catch (error) { ${this.#builder.capture('onlyEvaluation', onlyEvaluation)}(error); ${isNull} = true; }`,
    );
    return { value, isNull, form: 'plain' };
  }

  #call(call: Call): Fragment {
    if (call.name === 'IF') return this.#case(caseOfIf(call));
    const direct = this.#equalStrings(call);
    if (direct !== null) return direct;
    const definition = scalarFunction(call.name);
    assert(definition !== undefined, () => `function ${call.name} was bound but is not in the table`);
    const args = call.args.map((arg) => this.plain(arg));
    return this.#calls.apply(definition, call, call.args, args);
  }

  /** Equality of strings without making texts of them; null where it is something else. */
  #equalStrings({ name, args, type }: Call): Fragment | null {
    if (this.#ctx.pool === null || (name !== '=' && name !== '<>') || layoutOf(args[0]!.type) !== 'string') return null;
    const [a, b] = args as [Expression, Expression];
    const range = this.#equalRange(name, a, b, type) ?? this.#equalRange(name, b, a, type);
    if (range !== null) return range;
    if (!this.#isCheapCode(a) || !this.#isCheapCode(b)) return null;
    const [left, right] = [this.code(a), this.code(b)];
    return this.#calls.strict(
      [left, right],
      type,
      () => `${left.value} ${name === '=' ? '===' : '!=='} ${right.value}`,
    );
  }

  /** A column that lies as bytes against a constant: byte by byte. */
  #equalRange(name: '=' | '<>', column: Expression, constant: Expression, type: DataType): Fragment | null {
    if (column.kind !== 'column' || !isTextLiteral(constant)) return null;
    const range = this.#ctx.columns.range(column.index);
    if (range === null) return null;
    const { value } = constant;
    const bytes = this.#builder.capture('text', typeof value === 'string' ? encodeText(value) : value);
    const equal = this.#builder.capture('equalRange', equalRange);
    const test = `${name === '=' ? '' : '!'}${equal}(${range.bytes}, ${range.start}, ${range.end}, ${bytes})`;
    return this.#calls.strict([{ value: '', isNull: range.isNull, form: 'plain' }], type, () => test);
  }

  #literalCode(value: string | Uint8Array): Fragment {
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
    const index = memoColumn(expression, (column) => this.#ctx.columns.isCode(column));
    if (index === null) return null;
    const memo = memoOf(expression, index, this.#ctx);
    this.#ctx.addMemo(memo);
    const { value, isNull } = this.#ctx.columns.fragment(index);
    const key = isNull === 'false' ? value : `${isNull} ? -1 : ${value}`;
    const name = this.#builder.capture('memo', memo);
    if (layoutOf(expression.type) !== 'string' || isBytes(expression.type))
      return this.#calls.fromResult(`${name}.value(${key})`, expression.type);
    const code = this.#builder.name('m');
    this.#builder.line(`const ${code} = ${name}.code(${key});`);
    return { value: code, isNull: `${code} < 0`, form: 'code' };
  }
}

type CastExpression = Extract<Expression, { kind: 'cast' }>;
type CaseExpression = Extract<Expression, { kind: 'case' }>;
type TextLiteral = Literal & Readonly<{ value: string | Uint8Array }>;

function isTextLiteral(expression: Expression): expression is TextLiteral {
  return (
    expression.kind === 'literal' && (typeof expression.value === 'string' || expression.value instanceof Uint8Array)
  );
}

/** IF evaluates only the value that it chooses. */
function caseOfIf({ args, type, position }: Call): CaseExpression {
  const [when, result, otherwise] = args as [Expression, Expression, Expression];
  return { kind: 'case', branches: [{ when, result }], otherwise, type, position };
}

function resultsOf(expression: CaseExpression): readonly Expression[] {
  return [...expression.branches.map(({ result }) => result), expression.otherwise];
}

/**
 * A function of values from an expression over columns: parameter i is column i, and named so in messages. null = NULL. In narrow code it
 * throws `needsWide` where an integer is no longer exact.
 */
export function compileScalar<T>(
  expression: Expression,
  columnNames: readonly string[],
  session: SessionContext,
  wide: boolean,
): T {
  const builder = new CodeBuilder(columnNames);
  const parameters = columnNames.map((_, i) => `p${i}`);
  const code = new ExpressionCode({
    builder,
    wide,
    session,
    columns: {
      fragment: (index) => ({ value: `p${index}`, isNull: `p${index} === null`, form: 'plain' }),
      isCode: () => false,
      range: () => null,
    },
    columnNames,
    pool: null,
    addMemo: () => assert(false, () => 'a memo in a function of plain values'),
  });
  const { value, isNull } = code.plain(expression);
  builder.line(`return ${isNull} ? null : ${value};`);
  return builder.build<T>('scalar', parameters);
}

function memoOf(expression: Expression, index: number, { session, wide, columnNames }: ExpressionContext): CodeMemo {
  let bytes = false;
  const onFirst = (e: Expression): Expression => {
    if (e.kind !== 'column') return mapChildren(e, onFirst);
    assert(e.index === index, () => `a memo over column ${index} met column ${e.index}`);
    bytes ||= isBytes(e.type);
    return columnRef(0, e.type);
  };
  return new CodeMemo(compileScalar(onFirst(expression), [columnNames[index]!], session, wide), bytes);
}

/** TRY_CAST turns failures of evaluation into NULL, and nothing else. */
function onlyEvaluation(error: unknown): void {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== 'EVALUATION' && code !== 'LIMIT') throw error;
}
