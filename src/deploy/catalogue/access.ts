/** Who may do what: `envs/access.yaml`, tokens by their sha256. Without the file, the person at the machine may do everything. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { parseYamlDocument } from '../../job/yaml-document.ts';
import { YamlMap } from '../../job/yaml-map.ts';
import type { Actor } from '../../model/change-plan.ts';
import { EngineError } from '../../model/errors.ts';
import { parseGrant } from '../policy/grant.ts';

export type Access = Readonly<{
  /** By name; the digest is that of the token. */
  tokens: readonly Readonly<{ actor: Actor; sha256: string }>[];
}>;

const actorName = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;

/** Throws INVALID_OPTION with file, line and field. */
export function parseAccess(text: string, where: string): Access {
  const root = new YamlMap(parseYamlDocument(text, where), where).allow(['apiVersion', 'kind', 'tokens']);
  root.oneOf('apiVersion', ['millrace/v1']);
  root.oneOf('kind', ['Access']);
  const tokens = root.map('tokens');
  const parsed = tokens.keys().map((name) => {
    if (!actorName.test(name) || name === localName) {
      throw tokens.fault(name, `a name of letters, digits and . _ @ -, other than '${localName}'`);
    }
    return parseToken(name, tokens.map(name));
  });
  const twice = parsed.find(({ sha256 }, index) => parsed.findIndex((other) => other.sha256 === sha256) !== index);
  if (twice !== undefined)
    throw tokens.map(twice.actor.name).fault('sha256', 'a token of its own: another name has it');
  return { tokens: parsed };
}

function parseToken(name: string, map: YamlMap): Access['tokens'][number] {
  map.allow(['sha256', 'team', 'roles']);
  const sha256 = map.string('sha256', {
    pattern: /^[0-9a-f]{64}$/,
    expected: 'the sha256 of the token, 64 hex digits',
  });
  const roles = map.list('roles');
  const wrong = roles.find((role) => parseGrant(role) === null);
  if (wrong !== undefined || roles.length === 0) {
    throw map.fault('roles', 'roles such as developer, operator@staging or growth/approver@production');
  }
  return { actor: { name, team: map.optionalString('team') ?? null, roles }, sha256 };
}

const localName = 'local';

/** The person at the machine, where nobody was given a token. */
export const localActor: Actor = { name: localName, team: null, roles: ['*/admin'] };

/**
 * Who a token stands for. `isLocal`: the call comes from this machine (loopback or the command line). PERMISSION for a token that nobody
 * has, or for none where one is needed.
 */
export function identify(access: Access | null, token: string | undefined, isLocal: boolean): Actor {
  if (access === null) {
    if (isLocal) return localActor;
    throw new EngineError(
      'PERMISSION',
      'a caller from another machine: expected a token, and none has been given out',
      {
        hint: 'Write envs/access.yaml with the sha256 of a token for each person.',
      },
    );
  }
  const digest = createHash('sha256')
    .update(token ?? '')
    .digest();
  const found = access.tokens.find(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), digest));
  if (token !== undefined && found !== undefined) return found.actor;
  throw new EngineError(
    'PERMISSION',
    `expected a token of envs/access.yaml, got ${token === undefined ? 'none' : 'another'}`,
    {
      hint: 'Set MILLRACE_TOKEN, or send it as Authorization: Bearer.',
    },
  );
}

/** What someone may do now: roles change while a plan waits. null: no longer known. Without tokens, all there is is the person here. */
export function currentActor(access: Access | null, name: string): Actor | null {
  if (access === null) return { ...localActor, name };
  return access.tokens.find(({ actor }) => actor.name === name)?.actor ?? null;
}
