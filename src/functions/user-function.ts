/** User functions as the planner and the operators see functions: declared once, with their types and what they do. */
import { EngineError } from '../model/errors.ts';
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  ScalarFunction,
  Signature,
  SqlValue,
  TableFunction,
} from '../model/function.ts';
import type { Row } from '../model/row.ts';
import { type DataType, formatType, layoutOf, types, withNullable } from '../model/types.ts';
import type {
  AggregateUdf,
  ScalarUdf,
  TableUdf,
  UserFunctionDeclaration,
  UserFunctionModule,
} from '../model/user-function.ts';
import { castKind } from './cast.ts';
import { checkCount, mismatch } from './signature.ts';
import type { UserFunction } from './user-registry.ts';
import { fromUser, type ToUser, toUser } from './user-values.ts';

export function userFunctionOf(module: UserFunctionModule, declaration: UserFunctionDeclaration): UserFunction {
  switch (declaration.kind) {
    case 'scalar':
      return { module, definition: scalarOf(module, declaration) };
    case 'table':
      return { module, definition: tableOf(module, declaration) };
    default:
      return { module, definition: aggregateOf(module, declaration) };
  }
}

function described(module: UserFunctionModule, { deterministic = true }: UserFunctionDeclaration) {
  const { key, name, path, args } = module;
  const usage = `${name}(${args.map(formatType).join(', ')})`;
  return { name: key, usage, description: `Of ${path}.`, deterministic, category: 'user' } as const;
}

/** What Flink casts implicitly is cast; all else has to be said. */
function signatureOf(module: UserFunctionModule, args: readonly Argument[], result: DataType): Signature {
  const usage = `${module.name}(${module.args.map(formatType).join(', ')})`;
  checkCount(usage, args, module.args.length);
  for (const [i, wanted] of module.args.entries()) {
    const { type } = args[i]!;
    if (castKind(type, wanted) !== 'implicit')
      throw mismatch(usage, args, 'CAST the argument to the type that it takes.');
    if (type.nullable && !wanted.nullable) {
      throw mismatch(usage, args, `Argument ${i + 1} may be NULL here: COALESCE gives it a value.`);
    }
  }
  return { args: module.args.map((wanted, i) => withNullable(wanted, args[i]!.type.nullable)), result };
}

function scalarOf(module: UserFunctionModule, declaration: ScalarUdf): ScalarFunction {
  return {
    ...described(module, declaration),
    kind: 'scalar',
    nulls: 'handled',
    integers: 'any',
    infer: (args) => signatureOf(module, args, module.returns),
    implement: () => {
      const give = fromUser(module.returns);
      const run = guarded(module, module.args.map(toUser), declaration.call as Call);
      return { kind: 'call', call: (...args: SqlValue[]) => give(run(args)), mayBeNull: module.returns.nullable };
    },
  };
}

type Call = (...args: unknown[]) => unknown;

/** Says, of what the function throws, with which arguments. */
function guarded(module: UserFunctionModule, take: readonly ToUser[], call: Call): (args: SqlValue[]) => unknown {
  return (args) => {
    const values = args.map((arg, i) => take[i]!(arg));
    try {
      return call(...values);
    } catch (cause) {
      throw failure(module, values, cause);
    }
  };
}

const shownCharacters = 80; // of an argument in a message

function failure({ name }: UserFunctionModule, values: readonly unknown[], cause: unknown): EngineError {
  const shown = values.map((value) => {
    const text = typeof value === 'string' ? `'${value}'` : textOf(value);
    return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
  });
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('EVALUATION', `the user function ${name}(${shown.join(', ')}) failed: ${message}`, { cause });
}

function textOf(value: unknown): string {
  if (value === null) return 'NULL';
  if (value instanceof Date) return value.toISOString();
  const plain = (_: string, part: unknown): unknown => {
    if (typeof part === 'bigint') return Number(part);
    return part instanceof Map ? [...part] : part;
  };
  return typeof value === 'object' ? JSON.stringify(value, plain) : String(value);
}

/** A single type is a single column. */
function rowTypeOf({ name, returns }: UserFunctionModule): Extract<DataType, { kind: 'row' }> {
  if (returns.kind === 'row') return { ...returns, nullable: false };
  return { kind: 'row', fields: [{ name, type: returns }], nullable: false };
}

function tableOf(module: UserFunctionModule, declaration: TableUdf): TableFunction {
  const row = rowTypeOf(module);
  return {
    ...described(module, declaration),
    kind: 'table',
    infer: (args) => signatureOf(module, args, row),
    implement: () => {
      const give = fromUser(row);
      const run = guarded(module, module.args.map(toUser), (...args) => [
        ...(declaration.call as (...values: unknown[]) => Iterable<unknown>)(...args),
      ]);
      const isSingle = module.returns.kind !== 'row';
      return (...args) => (run(args) as unknown[]).map((each) => give(isSingle ? [each] : each) as Row);
    },
  };
}

/** A cell of the layout `object`: its value is the user's accumulator, null before the first row. */
const accumulatorType = types.of('null');

function aggregateOf(module: UserFunctionModule, declaration: AggregateUdf): AggregateFunction {
  return {
    ...described(module, declaration),
    kind: 'aggregate',
    nulls: 'handled',
    infer: (args) => signatureOf(module, args, module.returns),
    implement: (ctx) => implementAggregate(module, declaration, ctx),
  };
}

function implementAggregate(
  module: UserFunctionModule,
  declaration: AggregateUdf,
  { wide }: ImplementContext,
): AggregateImplementation {
  const { key, name } = module;
  const { accumulator, retract, merge, result } = declaration as unknown as Record<string, Call | undefined>;
  const start = (cell: unknown): unknown => cell ?? accumulator!();
  const take: ToUser[] = [(cell) => start(cell), ...module.args.map(toUser)];
  const step = (call: Call): Call => {
    const run = guarded(module, take, call);
    return (...args) => kept(name, run(args as SqlValue[]));
  };
  const give = fromUser(module.returns);
  const ofResult = guarded(module, [start], result!);
  const isInt = layoutOf(module.returns) === 'int';
  const helpers = {
    [`${key}_add`]: step(declaration.add as Call),
    [`${key}_retract`]: step(retract ?? (() => null)),
    [`${key}_merge`]: (mine: SqlValue, other: SqlValue): unknown => {
      if (other === null) return mine;
      return mine === null
        ? other
        : kept(name, guarded(module, [(each) => each, (each) => each], merge!)([mine, other]));
    },
    [`${key}_result`]: (cell: SqlValue): SqlValue => {
      const value = give(ofResult([cell]));
      if (!isInt || value === null) return value;
      return wide ? BigInt(value as number | bigint) : Number(value);
    },
  };
  const change = (verb: string) => (cells: readonly string[], args: readonly string[]) =>
    `${cells[0]} = ${key}_${verb}(${[cells[0], ...args].join(', ')});`;
  return {
    cells: [{ name: 'accumulator', type: accumulatorType, initial: null }],
    add: change('add'),
    retract: retract === undefined ? undefined : change('retract'),
    merge: (cells, other) => {
      if (merge === undefined) throw withoutMerge(name);
      return change('merge')(cells, other);
    },
    result: ([cell]) => `${key}_result(${cell})`,
    helpers,
  };
}

function withoutMerge(name: string): EngineError {
  return new EngineError('UNSUPPORTED', `the user function ${name} can't stand in a window: it declares no merge`, {
    hint: 'Add merge: (a, b) => … to its declaration.',
  });
}

/** Frozen where that is cheap, so that a function that changes what it was given is found out at once. */
function kept(name: string, accumulator: unknown): unknown {
  if (accumulator === undefined) {
    throw new EngineError('EVALUATION', `the user function ${name} gave no accumulator`, {
      hint: 'add, retract and merge give the new accumulator and leave the old one as it was.',
    });
  }
  if (typeof accumulator !== 'object' || accumulator === null || ArrayBuffer.isView(accumulator)) return accumulator;
  return Object.freeze(accumulator);
}
