/** What of this process's environment a job's process is given: no token, no key, nothing that was not asked for. */
import { parseJobSpec } from '../../job/job-spec.ts';
import type { Release } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const passedOn = /^(PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|NODE_COMPILE_CACHE|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/;
const reserved = /^(MILLRACE_|NODE_|LD_|DYLD_)/;

/** The basics, and the variables that the job spec declares as secrets. Throws INVALID_OPTION for a secret in a name that is not a job's. */
export function childEnvironment(env: Environment, release: Release): Record<string, string> {
  const spec = parseJobSpec(release.spec, `job ${release.job}`);
  const secrets = spec.parameters.flatMap(({ secret }) => (secret?.kind === 'env' ? [secret.name] : []));
  const taken = secrets.find((name) => reserved.test(name));
  if (taken !== undefined) {
    throw new EngineError('INVALID_OPTION', `job ${release.job}: expected a secret of its own, found env: ${taken}`, {
      hint: 'Names that begin with MILLRACE_, NODE_ or LD_ belong to the program: choose another.',
    });
  }
  const names = [...Object.keys(env).filter((name) => passedOn.test(name)), ...secrets];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
