/** The Docker Engine API (v1.44, Docker 25 and later) over its unix socket: the few calls that containers of a job need. */
import { request } from 'node:http';
import { EngineError, type ErrorCode } from '../../model/errors.ts';
import type { ContainerSpec } from './container-spec.ts';

export type DockerClientOptions = Readonly<{ socket: string; timeoutMs: number }>;

export type Container = Readonly<{
  Id: string;
  Name: string;
  Config: Readonly<{ Labels: Readonly<Record<string, string>> }>;
  State: Readonly<{ Running: boolean; ExitCode: number; OOMKilled: boolean; StartedAt: string; FinishedAt: string }>;
  NetworkSettings: Readonly<{
    Ports: Readonly<Record<string, readonly Readonly<{ HostIp: string; HostPort: string }>[] | null>>;
  }>;
}>;

type Method = 'GET' | 'POST' | 'DELETE';
type Answer = Readonly<{ status: number; body: Buffer }>;

const api = '/v1.44';
const maxAnswerBytes = 32 * 1024 * 1024;

export class DockerClient {
  readonly #options: DockerClientOptions;

  constructor(options: DockerClientOptions) {
    this.#options = options;
  }

  /** Makes it where there is none of that name; one that is there has been made by the same call before. */
  async ensureNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const known = await this.#send('GET', `/networks/${name}`);
    if (known.status === 200) return;
    await this.#call('POST', '/networks/create', { Name: name, Labels: labels }, [409]);
  }

  /** Makes and starts it; running or not, one of that name is taken as it is. */
  async ensureContainer(name: string, spec: ContainerSpec): Promise<void> {
    const made = await this.#call('POST', `/containers/create?name=${name}`, spec, [404, 409]);
    if (made.status === 404) {
      throw new EngineError('NOT_FOUND', `Docker: ${messageOf(made)}`, {
        hint: `Load the image first: docker pull ${spec.Image}. Nothing is pulled for a plan.`,
      });
    }
    const container = await this.inspect(name);
    if (container === null)
      throw new EngineError('CONFLICT', `container ${name}: it was removed while it was made`, { retryable: true });
    if (!container.State.Running) await this.#call('POST', `/containers/${container.Id}/start`, undefined, [304]);
  }

  /** null: there is none. */
  async inspect(idOrName: string): Promise<Container | null> {
    const answer = await this.#call('GET', `/containers/${idOrName}/json`, undefined, [404]);
    return answer.status === 404 ? null : (parse(answer) as Container);
  }

  /** All of these labels, running or not. */
  async list(labels: Readonly<Record<string, string>>): Promise<readonly Container[]> {
    const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
    const query = new URLSearchParams({ all: 'true', filters: JSON.stringify(filters) });
    const listed = parse(await this.#call('GET', `/containers/json?${query}`)) as readonly { Id: string }[];
    const found = await Promise.all(listed.map(({ Id }) => this.inspect(Id)));
    return found.filter((container) => container !== null);
  }

  /** With its own volumes. One that is gone, or going, is removed. */
  async remove(id: string): Promise<void> {
    await this.#call('DELETE', `/containers/${id}?force=true&v=true`, undefined, [404, 409]);
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#call('DELETE', `/networks/${name}`, undefined, [404]);
  }

  /** The last lines of stdout and stderr, with their times. */
  async logs(id: string, lines: number): Promise<readonly string[]> {
    const query = new URLSearchParams({ stdout: 'true', stderr: 'true', timestamps: 'true', tail: String(lines) });
    return demultiplexed((await this.#call('GET', `/containers/${id}/logs?${query}`)).body);
  }

  /** `accepted`: statuses beside 2xx that are no fault. */
  async #call(method: Method, path: string, body?: unknown, accepted: readonly number[] = []): Promise<Answer> {
    const answer = await this.#send(method, path, body);
    if (answer.status < 300 || accepted.includes(answer.status)) return answer;
    const code: ErrorCode = codes[answer.status] ?? 'CONNECTION';
    throw new EngineError(
      code,
      `Docker: ${method} ${path.split('?', 1)[0]}: status ${answer.status}: ${messageOf(answer)}`,
    );
  }

  #send(method: Method, path: string, body?: unknown): Promise<Answer> {
    const { socket, timeoutMs } = this.#options;
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { host: 'docker', 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const sent = request(
        { socketPath: socket, method, path: `${api}${path}`, headers, timeout: timeoutMs },
        (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on('data', (chunk: Buffer) => {
            length += chunk.length;
            if (length > maxAnswerBytes) response.destroy(new Error(`more than ${maxAnswerBytes} bytes`));
            chunks.push(chunk);
          });
          response.on('error', (cause) => reject(unreachable(socket, cause)));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
        },
      );
      sent.on('timeout', () =>
        sent.destroy(new EngineError('TIMEOUT', `Docker: ${method} ${path}: no answer within ${timeoutMs} ms`)),
      );
      sent.on('error', (cause) => reject(cause instanceof EngineError ? cause : unreachable(socket, cause)));
      sent.end(text);
    });
  }
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_OPTION',
  403: 'PERMISSION',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
};

function unreachable(socket: string, cause: Error): EngineError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'EACCES') {
    const hint = 'The user needs the right to the socket: whoever has it is root on that machine.';
    return new EngineError('PERMISSION', `Docker at ${socket}: no right to connect`, { cause, hint });
  }
  return new EngineError('CONNECTION', `Docker at ${socket}: no answer: ${cause.message}`, { cause });
}

function parse({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new EngineError('CONNECTION', 'Docker: expected JSON, got something else', { cause });
  }
}

function messageOf({ body }: Answer): string {
  const text = body.toString('utf8');
  try {
    return String((JSON.parse(text) as { message?: string }).message ?? text).slice(0, maxMessageLength);
  } catch {
    return text.slice(0, maxMessageLength);
  }
}

const maxMessageLength = 500;
const frameHeader = 8; // stream, three zeros, length as uint32 BE

/** Lines out of the frames in which stdout and stderr of a container without a terminal come. */
function demultiplexed(bytes: Buffer): string[] {
  const parts: Buffer[] = [];
  for (let at = 0; at + frameHeader <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + frameHeader, at + frameHeader + length));
    at += frameHeader + length;
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
