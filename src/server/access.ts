/**
 * Who may ask. On loopback everyone on this machine may, but no web page of elsewhere: the Host header has to name this machine (against
 * DNS rebinding) and writes need a JSON content type (which a page can't send across origins unasked). On any other address a bearer
 * token is needed.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { EngineError } from '../model/errors.ts';
import { failure, type Reply } from './router.ts';

export type AccessRules = Readonly<{
  /** The address that the server is bound to. */
  host: string;
  token: string | null;
  /** Whether probes and metrics need no token. */
  openProbes: boolean;
}>;

const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]', '::1'];
const probePaths: readonly string[] = ['/healthz', '/readyz', '/metrics'];

function isLoopback(host: string): boolean {
  return loopbackNames.includes(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Throws INVALID_OPTION for rules that would let everyone in. */
export function checkRules(rules: AccessRules): AccessRules {
  if (isLoopback(rules.host) || (rules.token !== null && rules.token.length >= smallestToken)) return rules;
  throw new EngineError(
    'INVALID_OPTION',
    `server on ${rules.host}: expected a token of at least ${smallestToken} characters, found ${rules.token === null ? 'none' : 'a shorter one'}`,
    { hint: 'An address that other machines reach needs a token; 127.0.0.1 needs none.' },
  );
}

const smallestToken = 16;

/** null where the request may pass, else the refusal. */
export function refuse(
  rules: AccessRules,
  request: Readonly<{ method: string; path: string; headers: IncomingHttpHeaders }>,
): Reply | null {
  const { method, path, headers } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  const hasNoBody = method === 'DELETE' || method === 'OPTIONS'; // a page can't send those across origins unasked either
  if (!isRead && !hasNoBody && !/^application\/json\b/i.test(headers['content-type'] ?? '')) {
    return failure(
      415,
      `${method} ${path}: expected content-type application/json, got '${headers['content-type'] ?? ''}'`,
    );
  }
  if (rules.token === null) return isLoopback(hostName(headers.host)) ? null : foreignHost(headers.host);
  if (rules.openProbes && isRead && probePaths.includes(path)) return null;
  if (sameToken(headers.authorization, rules.token)) return null;
  return failure(
    401,
    `${method} ${path}: expected the header 'authorization: Bearer <token>' with this server's token`,
  );
}

function foreignHost(host: string | undefined): Reply {
  return failure(403, `expected a Host header that names this machine (localhost, 127.0.0.1), got '${host ?? ''}'`);
}

function hostName(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').toLowerCase();
}

/** In a time that says nothing of the token. */
function sameToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
