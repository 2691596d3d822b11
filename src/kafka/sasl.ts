import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { EngineError } from '../model/errors.ts';
import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { SaslConfig } from './client-config.ts';
import type { Connection } from './connection.ts';

/** Authenticates a fresh connection (KIP-152): PLAIN (RFC 4616) or SCRAM (RFC 5802, RFC 7677). PERMISSION when it is refused. */
export async function authenticate(connection: Connection, sasl: SaslConfig): Promise<void> {
  const where = `${connection.address.host}:${connection.address.port}, SASL ${sasl.mechanism}`;
  const handshake = await connection.request(apis.saslHandshake, (w) => w.shortString(sasl.mechanism));
  const code = handshake.int16();
  const offered = handshake.shortArray(() => handshake.shortString());
  if (code !== brokerErrors.none) throw brokerError(code, where, `it offers ${offered.join(', ')}`);
  const send = (message: string): Promise<string> => exchange(connection, message, where);
  if (sasl.mechanism === 'PLAIN') await send(`\0${sasl.username}\0${sasl.password}`);
  else await scram(sasl, send, where);
}

async function exchange(connection: Connection, message: string, where: string): Promise<string> {
  const response = await connection.request(apis.saslAuthenticate, (w) => w.bytesField(Buffer.from(message)).tags());
  const code = response.int16();
  const detail = response.nullableString();
  if (code !== brokerErrors.none) throw brokerError(code, where, detail);
  const start = response.skipBytesField();
  return start === null ? '' : response.bytes.toString('utf8', start, response.at);
}

const minIterations = 4_096; // RFC 7677 section 4: fewer is an attack
const maxIterations = 1_000_000; // more would only keep us busy

async function scram(sasl: SaslConfig, send: (message: string) => Promise<string>, where: string): Promise<void> {
  const digest = sasl.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const hmac = (key: Buffer, text: string): Buffer => createHmac(digest, key).update(text).digest();
  const nonce = randomBytes(24).toString('base64');
  const user = sasl.username.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const first = `n=${user},r=${nonce}`;
  const challenge = await send(`n,,${first}`);
  const { r: bothNonces = '', s: salt = '', i: count = '' } = attributes(challenge);
  const iterations = Number(count);
  if (!bothNonces.startsWith(nonce) || !(iterations >= minIterations && iterations <= maxIterations)) {
    throw new EngineError('PERMISSION', `${where}: the broker's challenge is not SCRAM: '${challenge}'`);
  }
  const salted = pbkdf2Sync(
    sasl.password,
    Buffer.from(salt, 'base64'),
    iterations,
    digest === 'sha256' ? 32 : 64,
    digest,
  );
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash(digest).update(clientKey).digest();
  const last = `c=biws,r=${bothNonces}`;
  const signed = `${first},${challenge},${last}`;
  const signature = hmac(storedKey, signed);
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!));
  const { v: verifier = '' } = attributes(await send(`${last},p=${proof.toString('base64')}`));
  const expected = hmac(hmac(salted, 'Server Key'), signed);
  const given = Buffer.from(verifier, 'base64');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new EngineError('PERMISSION', `${where}: the broker could not prove that it knows the user's password`);
}

/** `r=…,s=…,i=…`. */
function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
