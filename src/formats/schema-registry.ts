/**
 * Confluent's Schema Registry over its REST protocol: schemas by id, and ids of schemas. The one place of the formats that asks the outside;
 * decoders wait for it by `pending`, encoders by `open` (model/format.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, isEngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';

const requestTimeoutMs = 20_000;
const maxAttempts = 4; // on passing faults
const firstDelayMs = 100; // doubles with each attempt
const contentType = 'application/vnd.schemaregistry.v1+json';

/** Options of every format that has a registry. */
export const registryOptionSpecs: readonly OptionSpec[] = [
  { key: 'url', kind: 'string', required: true, description: 'The registry: http://host:8081; several with commas.' },
  {
    key: 'subject',
    kind: 'string',
    description:
      "The subject that a table which is written registers its schema under; by default '<topic>-key' or '<topic>-value'.",
  },
  { key: 'schema', kind: 'string', description: "The Avro schema, where it is not to be made of the table's columns." },
  {
    key: 'basic-auth.credentials-source',
    kind: 'enum',
    values: ['USER_INFO', 'URL'],
    description: "Where user and password stand: in 'basic-auth.user-info' or in the URL.",
  },
  { key: 'basic-auth.user-info', kind: 'string', description: 'user:password.' },
  {
    key: 'bearer-auth.credentials-source',
    kind: 'enum',
    values: ['STATIC_TOKEN'],
    description: "Where the token stands: in 'bearer-auth.token'.",
  },
  { key: 'bearer-auth.token', kind: 'string', description: 'A token.' },
  ...['ssl.keystore.location', 'ssl.keystore.password', 'ssl.truststore.location', 'ssl.truststore.password'].map(
    (key): OptionSpec => ({ key, kind: 'string', description: 'Java key stores are not read.' }),
  ),
  { key: 'properties.', kind: 'map', description: "Properties of Confluent's client: none are built." },
];

export type RegistryConfig = Readonly<{ urls: readonly string[]; authorization: string | null; where: string }>;

/** Checks the options. UNSUPPORTED for what only Java's client has. `where` begins each message: "format 'avro-confluent'". */
export function registryConfig(options: Options, where: string): RegistryConfig {
  const stores = [...options.entries()].find(([key, value]) => key.startsWith('ssl.') && value !== undefined);
  if (stores !== undefined) {
    throw new EngineError('UNSUPPORTED', `${where}: option '${stores[0]}': Java key stores are not read`, {
      hint: 'Certificates of an own authority: export it as PEM and name the file in the environment variable NODE_EXTRA_CA_CERTS.',
    });
  }
  const [property] = options.map('properties.').keys();
  if (property !== undefined) {
    throw new EngineError('UNSUPPORTED', `${where}: option 'properties.${property}' is not built`);
  }
  const urls = options
    .string('url')
    .split(',')
    .map((url) => registryUrl(url.trim(), where));
  const plain = urls.map((url) => `${url.origin}${url.pathname.replace(/\/+$/, '')}`);
  return { urls: plain, authorization: authorizationOf(options, urls[0]!), where };
}

function registryUrl(text: string, where: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new EngineError('INVALID_OPTION', `${where}: option 'url': expected http://host:port, got '${text}'`);
}

function authorizationOf(options: Options, url: URL): string | null {
  const token = options.optionalString('bearer-auth.token');
  if (token !== undefined) return `Bearer ${token}`;
  const inUrl =
    url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const user = options.optionalString('basic-auth.user-info') ?? inUrl;
  return user === undefined ? null : `Basic ${Buffer.from(user).toString('base64')}`;
}

type Answer = Readonly<{ status: number; body: Readonly<Record<string, unknown>> }>;

export class SchemaRegistry {
  readonly #config: RegistryConfig;

  constructor(config: RegistryConfig) {
    this.#config = config;
  }

  /** The Avro schema of an id, as JSON. NOT_FOUND when there is none. */
  async schema(id: number): Promise<unknown> {
    const { where } = this.#config;
    const { schema, schemaType = 'AVRO', references } = await this.#request('GET', `/schemas/ids/${id}`, null);
    if (schemaType !== 'AVRO') {
      throw new EngineError(
        'BAD_RECORD',
        `${where}: expected schema ${id} to be an AVRO one, got ${String(schemaType)}`,
      );
    }
    if (Array.isArray(references) && references.length > 0) {
      throw new EngineError(
        'UNSUPPORTED',
        `${where}: schema ${id} has references to other schemas, which are not built`,
      );
    }
    return JSON.parse(String(schema)) as unknown;
  }

  /** Registers a schema unless the subject has it; its id. */
  async register(subject: string, schema: unknown): Promise<number> {
    const body = { schema: JSON.stringify(schema) };
    const { id } = await this.#request('POST', `/subjects/${encodeURIComponent(subject)}/versions`, body);
    return Number(id);
  }

  /** Registering twice is the same as once: passing faults are tried again, with the next of several registries. */
  async #request(method: 'GET' | 'POST', path: string, body: unknown): Promise<Answer['body']> {
    const { urls } = this.#config;
    for (let attempt = 0; ; attempt++) {
      const url = urls[attempt % urls.length]! + path;
      try {
        return this.#bodyOf(await this.#send(method, url, body), `${method} ${url}`);
      } catch (error) {
        if (!isEngineError(error) || !error.retryable || attempt + 1 >= maxAttempts) throw error;
        await sleep(firstDelayMs * 2 ** attempt);
      }
    }
  }

  async #send(method: string, url: string, body: unknown): Promise<Answer> {
    const { authorization, where } = this.#config;
    const headers: Record<string, string> = { accept: contentType };
    if (authorization !== null) headers.authorization = authorization;
    if (body !== null) headers['content-type'] = contentType;
    try {
      const response = await fetch(url, {
        method,
        headers,
        body: body === null ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const text = await response.text();
      return { status: response.status, body: parsed(text) };
    } catch (cause) {
      const reason =
        cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
      throw new EngineError('CONNECTION', `${where}: no answer from the schema registry ${url}: ${reason}`, { cause });
    }
  }

  #bodyOf({ status, body }: Answer, request: string): Answer['body'] {
    if (status < 300) return body;
    const { where } = this.#config;
    const said = `${where}: ${request} answered ${status}: ${String(body.message ?? 'no message')}`;
    if (status === 401 || status === 403) {
      throw new EngineError('PERMISSION', said, { hint: "See 'basic-auth.user-info' or 'bearer-auth.token'." });
    }
    if (status === 404) throw new EngineError('NOT_FOUND', said);
    if (status === 409) {
      throw new EngineError('CONFLICT', said, {
        hint: "The subject's compatibility does not allow the schema: change the table, the subject, or its compatibility.",
      });
    }
    throw new EngineError(status >= 500 || status === 429 ? 'CONNECTION' : 'INVALID_OPTION', said);
  }
}

function parsed(text: string): Answer['body'] {
  try {
    return JSON.parse(text) as Answer['body'];
  } catch {
    return { message: text.slice(0, maxShownLength) };
  }
}

const maxShownLength = 120; // of an answer that is no JSON
