/**
 * HTTP of the Iceberg REST catalog (open-api/rest-catalog-open-api.yaml): JSON without loss, tokens, and what an answer's status means.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, type ErrorCode } from '../model/errors.ts';
import { parseJson, printJson } from './json.ts';

const requestTimeoutMs = 60_000;
const maxShownLength = 80; // of an answer that is no JSON
const maxReadAttempts = 5; // of a request that changes nothing, on passing faults
const firstDelayMs = 100; // doubles with each attempt
const tokenMarginMs = 30_000; // a token is renewed so long before it expires

type RestAuth = Readonly<{
  token: string | null;
  /** `id:secret` or `secret` for OAuth2 client credentials. */
  credential: string | null;
  scope: string;
  tokenUri: string | null;
}>;

export type RestClientOptions = Readonly<{
  uri: string;
  auth: RestAuth;
  headers: ReadonlyMap<string, string>;
  now: () => number;
}>;

export type RestAnswer = Readonly<{ status: number; body: unknown; text: string }>;
type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD';

export class RestClient {
  readonly #options: RestClientOptions;
  #token: Readonly<{ text: string; expiresAtMs: number }> | null = null;

  constructor(options: RestClientOptions) {
    this.#options = options;
    if (options.auth.token !== null) this.#token = { text: options.auth.token, expiresAtMs: Infinity };
  }

  /** Reads; tries again on passing faults. Status 404 is given back, other failures are thrown. */
  async read(method: 'GET' | 'HEAD', path: string): Promise<RestAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.send(method, path);
        const where = `${method} ${this.#options.uri}${path}`;
        if (method === 'GET' && answer.status < 300 && answer.body === null) throw noDocument(where, answer.text);
        if (answer.status < 400 || answer.status === 404) return answer;
        throw errorOf(answer, where);
      } catch (error) {
        if (!(error instanceof EngineError && error.retryable) || attempt === maxReadAttempts) throw error;
        await sleep(firstDelayMs * 2 ** (attempt - 1));
      }
    }
  }

  /** Writes once. Any status but 2xx is thrown. */
  async write(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<RestAnswer> {
    const answer = await this.send(method, path, body);
    if (answer.status < 300) return answer;
    throw errorOf(answer, `${method} ${this.#options.uri}${path}`);
  }

  /** One request, again with a new token where the old one was refused. Throws CONNECTION when no answer came, or one that is none. */
  async send(method: Method, path: string, body?: unknown): Promise<RestAnswer> {
    const answer = await this.#fetch(method, path, body);
    if ((answer.status !== 401 && answer.status !== 419) || this.#options.auth.credential === null) return answer;
    this.#token = null;
    return this.#fetch(method, path, body);
  }

  async #fetch(method: Method, path: string, body: unknown): Promise<RestAnswer> {
    const token = await this.#currentToken();
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...Object.fromEntries(this.#options.headers),
    };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    return exchange(`${this.#options.uri}${path}`, {
      method,
      headers,
      body: body === undefined ? null : printJson(body),
    });
  }

  async #currentToken(): Promise<string | null> {
    const { auth, now, uri } = this.#options;
    if (this.#token !== null && now() < this.#token.expiresAtMs) return this.#token.text;
    if (auth.credential === null) return this.#token?.text ?? null;
    const [id, secret] = splitCredential(auth.credential);
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope: auth.scope, client_secret: secret });
    if (id !== null) form.set('client_id', id);
    const tokenUri = auth.tokenUri ?? `${uri}/v1/oauth/tokens`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const answer = await exchange(tokenUri, { method: 'POST', headers, body: form.toString() });
    const grant = answer.body as { access_token?: string; expires_in?: number } | null;
    if (answer.status >= 300 || grant?.access_token === undefined) throw errorOf(answer, `POST ${tokenUri}`);
    const lifetimeMs = grant.expires_in === undefined ? Infinity : grant.expires_in * 1000;
    this.#token = { text: grant.access_token, expiresAtMs: now() + lifetimeMs - tokenMarginMs };
    return this.#token.text;
  }
}

function splitCredential(credential: string): [string | null, string] {
  const colon = credential.indexOf(':');
  return colon < 0 ? [null, credential] : [credential.slice(0, colon), credential.slice(colon + 1)];
}

async function exchange(
  url: string,
  request: { method: string; headers: Record<string, string>; body: string | null },
): Promise<RestAnswer> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(requestTimeoutMs) });
    status = response.status;
    text = await response.text();
  } catch (cause) {
    throw new EngineError('CONNECTION', `${request.method} ${url}: no answer: ${reasonOf(cause)}`, {
      cause,
      hint: "Check the catalog's 'uri' and that the catalog is running.",
    });
  }
  return { status, text, body: bodyOf(text, status, `${request.method} ${url}`) };
}

/**
 * null for no body, and for a fault that is told in another form than JSON: some servers do. Success in another form, or in half of it,
 * is not the catalog's: nobody knows what it did.
 */
function bodyOf(text: string, status: number, where: string): unknown {
  if (text.trim() === '') return null;
  try {
    return parseJson(text, where);
  } catch (cause) {
    if (status >= 300) return null;
    throw noDocument(where, text, cause);
  }
}

function noDocument(where: string, text: string, cause?: unknown): EngineError {
  const message = `${where}: expected a JSON document, got ${JSON.stringify(text.slice(0, maxShownLength))}`;
  return new EngineError('CONNECTION', message, {
    cause,
    hint: "Is the catalog's 'uri' that of an Iceberg REST catalog, and does what stands between pass its answers on?",
  });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(error);
}

const codes: Readonly<Record<number, ErrorCode>> = { 401: 'PERMISSION', 403: 'PERMISSION', 404: 'NOT_FOUND', 409: 'CONFLICT', 419: 'PERMISSION', 406: 'UNSUPPORTED' }; // biome-ignore format: a table
const passing: readonly number[] = [429, 500, 502, 503, 504];

/** `where` is method and URL. */
export function errorOf(answer: RestAnswer, where: string): EngineError {
  const code = codes[answer.status] ?? (passing.includes(answer.status) ? 'CONNECTION' : 'INTERNAL');
  const hint = code === 'PERMISSION' ? "Check the catalog's 'token' or 'credential' and what it may do." : undefined;
  return new EngineError(code, `${where}: status ${answer.status}: ${messageOf(answer)}`, { hint });
}

const maxMessageLength = 300;

export function messageOf(answer: RestAnswer): string {
  const error = (answer.body as { error?: { message?: string; type?: string } } | null)?.error;
  return (error?.message ?? answer.text).slice(0, maxMessageLength);
}
