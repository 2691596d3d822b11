import { pbkdf2Sync } from 'node:crypto';
import { join } from 'node:path';
import { alterUserScramCredentialsV0, Connection } from '@platformatic/kafka';
import { freePorts } from './guarded-process.ts';
import { run } from './maven.ts';

/** Listeners with passwords and TLS for a test broker, and its one user. */
export const user = { name: 'ada', password: 'se,cr=et' } as const;

const storePassword = 'changeit';
const iterations = 4096;

/** What `startKafka` needs for them; `caFile` is what a client has to trust. Files go into `directory`. */
export async function secureListeners(directory: string) {
  const [saslPort, tlsPort] = (await freePorts(2)) as [number, number];
  const store = join(directory, 'broker.p12');
  const caFile = join(directory, 'ca.pem');
  const common = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', storePassword, '-alias', 'broker'];
  const names = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1'];
  await run('keytool', ['-genkeypair', ...common, '-keyalg', 'EC', '-validity', '30', ...names]);
  await run('keytool', ['-exportcert', ...common, '-rfc', '-file', caFile]);
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const perListener = ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
    [`listener.name.${listener}.plain.sasl.jaas.config`, `${plain} required user_${user.name}="${user.password}";`],
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scram],
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scram],
  ]);
  return {
    sasl: `127.0.0.1:${saslPort}`,
    saslTls: `127.0.0.1:${tlsPort}`,
    caFile,
    listeners: [
      { protocol: 'SASL_PLAINTEXT', port: saslPort },
      { protocol: 'SASL_SSL', port: tlsPort },
    ],
    properties: {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'ssl.keystore.location': store,
      'ssl.keystore.password': storePassword,
      'ssl.keystore.type': 'PKCS12',
      ...(Object.fromEntries(perListener) as Record<string, string>),
    },
  };
}

/** Gives the user SCRAM credentials, through the plain listener. */
export async function createScramUser(bootstrap: string): Promise<void> {
  const [host, port] = bootstrap.split(':') as [string, string];
  const connection = new Connection('test');
  await connection.connect(host, Number(port));
  const salt = Buffer.from('a salt for tests');
  const upsertions = (
    [
      ['sha256', 1, 32],
      ['sha512', 2, 64],
    ] as const
  ).map(([digest, mechanism, size]) => ({
    name: user.name,
    mechanism,
    iterations,
    salt,
    saltedPassword: pbkdf2Sync(user.password, salt, iterations, size, digest),
  }));
  for (const upsertion of upsertions) await alterUserScramCredentialsV0.api.async(connection, [], [upsertion]);
  await connection.close();
}
