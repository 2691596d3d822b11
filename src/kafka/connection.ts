import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { EngineError } from '../model/errors.ts';
import type { Api } from './api.ts';
import type { BrokerAddress, ClientConfig, TlsConfig } from './client-config.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseInput } from './response-input.ts';
import { ResponseReader } from './response-reader.ts';

/**
 * One connection to one broker. Requests are answered in their order (the protocol guide, "Network"). A fault of any kind ends the
 * connection and every request that waits: the owner makes a new one.
 */
const maxResponseBytes = 1 << 30; // a longer one is not of Kafka

/** Gives the buffer for a response; it may be larger. */
export type Allocate = (size: number) => Buffer;

type Pending = Readonly<{
  correlationId: number;
  api: Api;
  allocate: Allocate;
  timer: NodeJS.Timeout;
  resolve: (response: ResponseReader) => void;
  reject: (error: EngineError) => void;
}>;

export class Connection {
  readonly address: BrokerAddress;
  readonly #config: ClientConfig;
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #correlationId = 0;
  #failure: EngineError | null = null;

  private constructor(address: BrokerAddress, config: ClientConfig, socket: Socket) {
    this.address = address;
    this.#config = config;
    this.#socket = socket;
    socket.on('error', (error) => this.#fail(this.#lost(error)));
    socket.on('close', () => this.#fail(this.#lost(null)));
  }

  /** Connects; TLS included, authentication not (sasl.ts). An aborted `signal` ends the attempt. */
  static async open(address: BrokerAddress, config: ClientConfig, signal: AbortSignal): Promise<Connection> {
    let connection: Connection | undefined;
    const input = new ResponseInput({
      begin: (size) => connection!.#begin(size),
      end: (bytes, size) => connection!.#end(bytes, size),
    });
    const socket = config.tls === null ? openTcp(address, input) : openTls(address, config.tls);
    await connected(socket, address, config, signal);
    connection = new Connection(address, config, socket);
    if (config.tls !== null) socket.on('data', (chunk: Buffer) => input.take(chunk, chunk.length));
    return connection;
  }

  get open(): boolean {
    return this.#failure === null;
  }

  /**
   * Sends a request whose body `write` gives and resolves with its response, at the begin of the body.
   * CONNECTION when the connection ends first, or no answer came in `properties.request.timeout.ms` (+ `extraMs`, that the broker may wait).
   */
  request(
    api: Api,
    write: (writer: RequestWriter) => void,
    options: { allocate?: Allocate; extraMs?: number } = {},
  ): Promise<ResponseReader> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    const correlationId = this.#correlationId;
    const writer = new RequestWriter().int32(0).int16(api.key).int16(api.version).int32(correlationId);
    writer.shortString(this.#config.clientId);
    if (api.flexible) writer.tags();
    write(writer);
    writer.firstInt32(writer.length - 4);
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#config.requestTimeoutMs + (options.extraMs ?? 0);
      const timer = setTimeout(() => this.#fail(this.#late(api, timeoutMs)), timeoutMs);
      const allocate = options.allocate ?? Buffer.allocUnsafe;
      this.#pending.push({ correlationId, api, allocate, timer, resolve, reject });
      this.#socket.cork();
      for (const chunk of writer.chunks()) this.#socket.write(chunk);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#fail(this.#lost(null));
  }

  #begin(size: number): Buffer | null {
    if (this.#failure !== null) return null;
    const pending = this.#pending[0];
    if (size >= 4 && size <= maxResponseBytes && pending !== undefined) return pending.allocate(size);
    this.#fail(this.#lost(new Error(`expected a Kafka response, got one of ${size} bytes`)));
    return null;
  }

  #end(bytes: Buffer, size: number): void {
    if (this.#failure !== null) return;
    const { correlationId, api, timer, resolve, reject } = this.#pending.shift()!;
    clearTimeout(timer);
    const reader = new ResponseReader(bytes, 0, size);
    try {
      const answered = reader.int32();
      if (answered !== correlationId) throw this.#lost(new Error(`answer ${answered} to request ${correlationId}`));
      if (api.flexible && api.name !== 'ApiVersions') reader.tags(); // its response header has none, by KIP-511
      resolve(reader);
    } catch (error) {
      reject(error as EngineError);
      this.#fail(error as EngineError);
    }
  }

  #fail(error: EngineError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#socket.destroy();
    for (const { timer, reject } of this.#pending.splice(0)) {
      clearTimeout(timer);
      reject(error);
    }
  }

  #lost(cause: Error | null): EngineError {
    const why = cause === null ? 'was closed' : `broke: ${cause.message}`;
    return new EngineError('CONNECTION', `the connection to Kafka broker ${this.#where()} ${why}`, { cause });
  }

  #late(api: Api, timeoutMs: number): EngineError {
    return new EngineError(
      'CONNECTION',
      `Kafka broker ${this.#where()} did not answer ${api.name} in ${timeoutMs} ms`,
      {
        hint: "The broker is overloaded or out of reach; 'properties.request.timeout.ms' says how long to wait.",
      },
    );
  }

  #where(): string {
    return `${this.address.host}:${this.address.port}`;
  }
}

async function connected(
  socket: Socket,
  address: BrokerAddress,
  config: ClientConfig,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: unknown): void => reject(cannotConnect(address, cause, config.tls !== null));
  const abort = (): void => reject(new EngineError('INTERRUPTED', 'the Kafka client was closed'));
  socket.setTimeout(config.connectTimeoutMs, () => fail(new Error(`no answer in ${config.connectTimeoutMs} ms`)));
  socket.on('error', fail);
  socket.once(config.tls === null ? 'connect' : 'secureConnect', resolve);
  signal.addEventListener('abort', abort);
  try {
    await promise;
    socket.setTimeout(0);
    socket.off('error', fail);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function openTcp(address: BrokerAddress, input: ResponseInput): Socket {
  const onread = {
    buffer: (): Uint8Array => input.space,
    callback: (length: number): boolean => {
      input.filled(length);
      return true;
    },
  };
  return connectTcp({ host: address.host, port: address.port, noDelay: true, onread });
}

function openTls(address: BrokerAddress, tls: TlsConfig): Socket {
  const authorities = tls.ca ?? readPem(tls.caFile);
  return connectTls({
    host: address.host,
    port: address.port,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(tls.certificateFile === null ? {} : { cert: readPem(tls.certificateFile) }),
    ...(tls.keyFile === null ? {} : { key: readPem(tls.keyFile) }),
    ...(tls.keyPassword === null ? {} : { passphrase: tls.keyPassword }),
    ...(tls.checkHostName ? {} : { checkServerIdentity: () => undefined }),
  }).setNoDelay(true);
}

function readPem(file: string | null): Buffer | undefined {
  if (file === null) return undefined;
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new EngineError('IO', `the TLS file '${file}' can't be read`, { cause });
  }
  if (bytes.includes('-----BEGIN')) return bytes;
  throw new EngineError('INVALID_OPTION', `the TLS file '${file}': expected PEM text, got something else`, {
    hint: 'Java key stores are not read; export them: keytool -exportcert -rfc.',
  });
}

function cannotConnect({ host, port }: BrokerAddress, cause: unknown, tls: boolean): EngineError {
  const message = cause instanceof Error ? cause.message || (cause as { code?: string }).code : String(cause);
  const secured = tls ? ' with TLS' : '';
  return new EngineError('CONNECTION', `can't connect to Kafka broker ${host}:${port}${secured}: ${message}`, {
    hint: "Is it running, and is that its advertised listener? Check 'properties.bootstrap.servers'.",
    cause,
  });
}
