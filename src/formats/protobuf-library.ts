/** The door to `protobufjs`: message types out of .proto files and descriptor sets. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type * as Protobuf from 'protobufjs';
import { EngineError } from '../model/errors.ts';

export type MessageType = Protobuf.Type;
export type MessageField = Protobuf.Field;

type Library = typeof Protobuf;
/** What protobufjs/ext/descriptor adds to it. */
type DescribedRoot = Readonly<{ fromDescriptor: (bytes: Uint8Array, options: object) => Protobuf.Root }>;

/** Loaded at the first schema: most jobs have none, in any thread. */
let library: Library | null = null;

function load(): Library {
  if (library !== null) return library;
  const require = createRequire(import.meta.url);
  library = require('protobufjs') as Library;
  require('protobufjs/ext/descriptor');
  return library;
}

/** The message type that a Java class stands for. `path`: a .proto file, or a descriptor set (`protoc --descriptor_set_out`). */
export function messageType(path: string, className: string, where: string): MessageType {
  const root = rootOf(resolve(path), where);
  const messages = messagesOf(root);
  const wanted = [className, className.replaceAll('$', '.')];
  const exact = messages.filter(({ fullName }) => wanted.includes(fullName.slice(1)));
  const named = exact.length > 0 ? exact : messages.filter(({ name }) => name === className.split(/[.$]/).at(-1));
  if (named.length === 1) return named[0]!;
  const names = (named.length === 0 ? messages : named).map(({ fullName }) => fullName.slice(1)).join(', ');
  const expected = named.length === 0 ? 'a message of the schema' : 'one message, by its full name in the schema';
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option 'message-class-name': expected ${expected} (${names}), got '${className}'`,
  );
}

function rootOf(path: string, where: string): Protobuf.Root {
  try {
    return path.endsWith('.proto') ? parsed(path) : described(path);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('INVALID_OPTION', `${where}: option 'millrace.schema': ${path} can't be read: ${message}`, {
      cause,
      hint: 'It names a .proto file, or a descriptor set that protoc has written with --descriptor_set_out and --include_imports.',
    });
  }
}

function parsed(path: string): Protobuf.Root {
  const root = new (load().Root)();
  root.loadSync(path, { keepCase: true });
  root.resolveAll();
  return root;
}

function described(path: string): Protobuf.Root {
  const root = (load().Root as unknown as DescribedRoot).fromDescriptor(readFileSync(path), { keepCase: true });
  root.resolveAll();
  return root;
}

function messagesOf(parent: Protobuf.NamespaceBase): MessageType[] {
  const { Type, Namespace } = load();
  return parent.nestedArray.flatMap((nested) => [
    ...(nested instanceof Type ? [nested] : []),
    ...(nested instanceof Namespace || nested instanceof Type ? messagesOf(nested) : []),
  ]);
}

/** In proto3 Flink takes a scalar that is not there for its default: presence can't be asked for. */
export function hasImplicitDefaults(message: MessageType): boolean {
  let scope: Protobuf.NamespaceBase | null = message; // the file's edition stands at its outermost messages
  while (scope !== null && typeof Reflect.get(scope, '_edition') !== 'string') scope = scope.parent;
  return scope !== null && Reflect.get(scope, '_edition') === 'proto3';
}

export function enumOf(field: MessageField): Protobuf.Enum | null {
  return field.resolvedType instanceof load().Enum ? field.resolvedType : null;
}

export function messageOf(field: MessageField): MessageType | null {
  return field.resolvedType instanceof load().Type ? field.resolvedType : null;
}

/** A key of a map field of 64-bit integers: the library has them as eight characters of bytes. */
export function longKey(key: string, unsigned: boolean): bigint {
  return longValue(load().util.longFromHash(key, unsigned));
}

type Long = Readonly<{ low: number; high: number }>;

export function longValue(value: unknown): bigint {
  if (typeof value !== 'object') return BigInt(value as number);
  const { low, high } = value as Long;
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
}

export function longOf(value: bigint, unsigned: boolean): Long & Readonly<{ unsigned: boolean }> {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned };
}
