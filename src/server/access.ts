/**
 * Who may ask. On loopback everyone on this machine may, but no web page of elsewhere: the Host header has to name this machine (against
 * DNS rebinding), writes need a JSON content type (which a page can't send across origins unasked) and, from a browser, an Origin that is
 * this server. On any other address a bearer token is needed; with tokens of actors, on loopback too.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Actor } from '../model/change-plan.ts';
import { EngineError } from '../model/errors.ts';
import { failure, type Reply } from './router.ts';

export type AccessRules = Readonly<{
  /** The address that the server is bound to. */
  host: string;
  token: string | null;
  /** Whether probes and metrics need no token. */
  openProbes: boolean;
  /** Who is meant by the server's own token, and by none where none is needed. */
  owner?: Actor | undefined;
  /** Others, each with a token of their own; null: no tokens have been given out. Asked with each request. */
  holders?: (() => readonly TokenHolder[] | null) | undefined;
  /** Files that anyone may read: they say nothing of what runs here. */
  openPaths?: readonly string[] | undefined;
}>;

/** `sha256`: of the token, in hex, so that the file that names them lets nobody in. */
export type TokenHolder = Readonly<{ actor: Actor; sha256: string }>;

/** The actor is null where this server knows no one by name. */
export type Admission = Readonly<{ refusal: Reply }> | Readonly<{ refusal: null; actor: Actor | null }>;

const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]', '::1'];
const probePaths: readonly string[] = ['/healthz', '/readyz', '/metrics'];

function isLoopback(host: string): boolean {
  return loopbackNames.includes(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Throws INVALID_OPTION for rules that would let everyone in. */
export function checkRules(rules: AccessRules): AccessRules {
  const isClosed = rules.token === null ? (rules.holders?.() ?? []).length > 0 : rules.token.length >= smallestToken;
  if (isLoopback(rules.host) || isClosed) return rules;
  throw new EngineError(
    'INVALID_OPTION',
    `server on ${rules.host}: expected a token of at least ${smallestToken} characters, found ${rules.token === null ? 'none' : 'a shorter one'}`,
    { hint: 'An address that other machines reach needs a token; 127.0.0.1 needs none.' },
  );
}

const smallestToken = 16;

type AccessRequest = Readonly<{ method: string; path: string; headers: IncomingHttpHeaders }>;

/** null where the request may pass, else the refusal. */
export function refuse(rules: AccessRules, request: AccessRequest): Reply | null {
  return admit(rules, request).refusal;
}

/** Whether the request may pass, and as whose. */
export function admit(rules: AccessRules, request: AccessRequest): Admission {
  const { method, path, headers } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  const refusal = isRead ? null : refuseWrite(request);
  if (refusal !== null) return { refusal };
  const { token, owner = null } = rules;
  const holders = rules.holders?.() ?? null;
  if (token === null && holders === null) {
    if (isLoopback(hostName(headers.host))) return { refusal: null, actor: owner };
    return { refusal: foreignHost(headers.host) };
  }
  if (rules.openProbes && isRead && probePaths.includes(path)) return { refusal: null, actor: null };
  if (isRead && rules.openPaths?.includes(path) === true) return { refusal: null, actor: null };
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const holder = holderOf(holders ?? [], given);
  if (holder !== null) return { refusal: null, actor: holder };
  if (token !== null && isSame(digestOf(given), digestOf(token))) return { refusal: null, actor: owner };
  const expected = `${method} ${path}: expected the header 'authorization: Bearer <token>' with this server's token`;
  return { refusal: failure(401, expected) };
}

/** Whose token it is; null: nobody's. */
export function holderOf(holders: readonly TokenHolder[], token: string): Actor | null {
  const digest = digestOf(token);
  // All are looked at, so that the time says nothing of which it was.
  const known = holders.filter(({ sha256 }) => isSame(digest, Buffer.from(sha256, 'hex')));
  return known[0]?.actor ?? null;
}

/** What a page of elsewhere could send is refused before anything else is looked at. */
function refuseWrite({ method, path, headers }: AccessRequest): Reply | null {
  const type = headers['content-type'] ?? '';
  const hasNoBody = method === 'DELETE' || method === 'OPTIONS'; // a page can't send those across origins unasked either
  if (!hasNoBody && !/^application\/json\b/i.test(type)) {
    return failure(415, `${method} ${path}: expected content-type application/json, got '${type}'`);
  }
  const { origin } = headers;
  if (origin === undefined || originHost(origin) === headers.host?.toLowerCase()) return null;
  return failure(403, `${method} ${path}: expected a page of this server, got the origin '${origin}'`);
}

/** null: no page that has an origin. */
function originHost(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function foreignHost(host: string | undefined): Reply {
  return failure(403, `expected a Host header that names this machine (localhost, 127.0.0.1), got '${host ?? ''}'`);
}

function hostName(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** In a time that says nothing of the token. */
function isSame(given: Buffer, wanted: Buffer): boolean {
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
