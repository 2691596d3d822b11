/** PARSE_URL, URL_ENCODE, URL_DECODE, INET_ATON, INET_NTOA: addresses of the net, as Java and MySQL have them. */
import type { ScalarFunction } from '../model/function.ts';
import { types } from '../model/types.ts';
import { fixed, scalar } from './signature.ts';

const protocols: ReadonlySet<string> = new Set(['http', 'https', 'ftp', 'file', 'jar', 'mailto']);

type Url = Readonly<{
  protocol: string;
  authority: string | null;
  userInfo: string | null;
  host: string;
  path: string;
  query: string | null;
  ref: string | null;
}>;

const urlForm = /^\s*([A-Za-z][\w.+-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*?))?\s*$/;
const authorityForm = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;

/** As java.net.URL; null for what it refuses. */
function parseUrl(text: string): Url | null {
  const match = urlForm.exec(text);
  const protocol = match?.[1]?.toLowerCase() ?? '';
  if (match === null || !protocols.has(protocol)) return null;
  const [, , authority, path = '', query, ref] = match;
  const parts = authorityForm.exec(authority ?? '');
  if (parts === null) return null;
  return {
    protocol,
    authority: authority ?? null,
    userInfo: parts[1] ?? null,
    host: parts[2] ?? '',
    path,
    query: query ?? null,
    ref: ref ?? null,
  };
}

const parts: Readonly<Record<string, (url: Url) => string | null>> = {
  HOST: ({ host }) => host,
  PATH: ({ path }) => path,
  QUERY: ({ query }) => query,
  REF: ({ ref }) => ref,
  PROTOCOL: ({ protocol }) => protocol,
  FILE: ({ path, query }) => (query === null ? path : `${path}?${query}`),
  AUTHORITY: ({ authority }) => authority,
  USERINFO: ({ userInfo }) => userInfo,
};

function urlPart(text: string, part: string, key?: string): string | null {
  const url = parseUrl(text);
  if (url === null || !Object.hasOwn(parts, part)) return null;
  if (key === undefined) return parts[part]!(url);
  if (part !== 'QUERY' || url.query === null) return null;
  const start = `${key}=`;
  return (
    url.query
      .split('&')
      .find((pair) => pair.startsWith(start))
      ?.slice(start.length) ?? null
  );
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** URLEncoder.encode: letters, digits and `.-*_` stay, a blank is `+`. */
function encodeUrl(text: string): string {
  return Array.from(encoder.encode(text), (byte) => {
    const sign = String.fromCharCode(byte);
    if (/[\w.*-]/.test(sign)) return sign;
    return sign === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** URLDecoder.decode; null where a `%` has no two digits behind it. */
function decodeUrl(text: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  return text
    .replaceAll('+', ' ')
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (bytes) =>
      decoder.decode(Uint8Array.from(bytes.match(/\w{2}/g)!, (pair) => Number.parseInt(pair, 16))),
    );
}

const largestAddress = 0xffffffff;
const largestByte = 255;

/** `a.b.c.d`, or fewer parts, of which the last then is the last byte. */
function addressNumber(text: string): number | null {
  if (!/^\d+(?:\.\d+){0,3}$/.test(text)) return null;
  const numbers = text.split('.').map(Number);
  if (numbers.length === 1) return numbers[0]! <= largestAddress ? numbers[0]! : null;
  if (numbers.some((part) => part > largestByte)) return null;
  const last = numbers.pop()!;
  return numbers.reduce((sum, part, i) => sum + part * 256 ** (3 - i), last);
}

function addressText(value: number): string | null {
  if (value < 0 || value > largestAddress) return null;
  return [3, 2, 1, 0].map((place) => Math.floor(value / 256 ** place) % 256).join('.');
}

const parseUsage = 'PARSE_URL(url, part [, key])';

export const urlFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'PARSE_URL',
    category: 'string',
    usage: parseUsage,
    description:
      'HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO of a URL, or the value of a key in QUERY.',
    infer: fixed(parseUsage, ['string', 'string', 'string'], types.string(), { required: 2, mayBeNull: true }),
    implement: () => ({ kind: 'call', call: urlPart }),
  }),
  scalar({
    name: 'URL_ENCODE',
    category: 'string',
    usage: 'URL_ENCODE(string)',
    description: 'The string as application/x-www-form-urlencoded, in UTF-8.',
    infer: fixed('URL_ENCODE(string)', ['string'], types.string(), { mayBeNull: true }),
    implement: () => ({ kind: 'call', call: encodeUrl }),
  }),
  scalar({
    name: 'URL_DECODE',
    category: 'string',
    usage: 'URL_DECODE(string)',
    description: 'The string that is so encoded; NULL where it is not.',
    infer: fixed('URL_DECODE(string)', ['string'], types.string(), { mayBeNull: true }),
    implement: () => ({ kind: 'call', call: decodeUrl }),
  }),
  scalar({
    name: 'INET_ATON',
    category: 'string',
    usage: 'INET_ATON(address)',
    description: 'The number of an IPv4 address; NULL where it is none.',
    infer: fixed('INET_ATON(address)', ['string'], types.of('bigint'), { mayBeNull: true }),
    implement: () => ({ kind: 'call', call: addressNumber }),
  }),
  scalar({
    name: 'INET_NTOA',
    category: 'string',
    usage: 'INET_NTOA(number)',
    description: 'The IPv4 address of a number; NULL beyond 32 bits.',
    infer: fixed('INET_NTOA(number)', ['integer'], types.string(), { mayBeNull: true }),
    implement: () => ({ kind: 'call', call: addressText }),
  }),
];
