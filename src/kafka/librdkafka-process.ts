import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EngineError, fromErrorData } from '../model/errors.ts';
import type { FromChild, LibrdkafkaConfig, ToChild } from './librdkafka-protocol.ts';

const entry = new URL(
  import.meta.url.endsWith('.ts') ? './librdkafka-child.ts' : './librdkafka-child.js',
  import.meta.url,
);

/** Characters of what the process said last that stand in an error. */
const keptText = 1_000;
/** How long a process may take to load the addon, ms. */
const probeTimeoutMs = 30_000;

type Listener = Readonly<{
  message: (message: Exclude<FromChild, { kind: 'failed' }>) => void;
  /** Nothing more will come. */
  failed: (error: EngineError) => void;
}>;

/** A process that holds librdkafka; it ends when this one does, however that goes. */
export class LibrdkafkaProcess {
  readonly #child: ChildProcess;
  #text = '';
  #closed = false;

  constructor(config: LibrdkafkaConfig, listener: Listener) {
    this.#child = fork(fileURLToPath(entry), [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#text = (this.#text + text).slice(-keptText);
    });
    this.#child.on('message', (message: FromChild) => {
      if (this.#closed) return;
      if (message.kind === 'failed') listener.failed(fromErrorData(message.error));
      else listener.message(message);
    });
    this.#child.on('error', (error) => this.#ended(error.message, listener));
    this.#child.on('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`, listener));
    this.send({ kind: 'start', config });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // an end of the process is told by its exit
  }

  /** Resolves when the process is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const { exitCode, signalCode, pid } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #ended(how: string, listener: Listener): void {
    if (this.#closed) return;
    const said = this.#text.trim();
    const message = `the process of librdkafka has ended: ${how}${said === '' ? '' : `; it said: ${said}`}`;
    listener.failed(new EngineError('INTERNAL', message, { retryable: true }));
  }
}

/** Whether librdkafka can be loaded and takes the settings: throws what a reader would. */
export async function probeLibrdkafka(config: LibrdkafkaConfig): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const probe = new LibrdkafkaProcess(config, { message: () => resolve(), failed: reject });
  const late = `librdkafka: expected it to be loaded within ${probeTimeoutMs} ms`;
  const timer = setTimeout(() => reject(new EngineError('TIMEOUT', late)), probeTimeoutMs);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    await probe.close();
  }
}
