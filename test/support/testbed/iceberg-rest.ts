import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startGuarded, waitUntilReady } from './guarded-process.ts';
import { cacheDirectory, publish, run } from './maven.ts';

/** The Iceberg project's reference REST catalog over SQLite, on a free port and in a folder of its own; gone when the test process is. */
export type TestIcebergRest = Readonly<{
  uri: string;
  /** `file:` URI of a local folder. */
  warehouse: string;
  /** The SQLite file behind it; its catalog's name there is `rest_backend`. */
  database: string;
  stop(): Promise<void>;
}>;

const version = '1.11.0';
/** group, artifact, version, classifier. The server is published as a test fixture only. */
const artifacts = [
  ['org.apache.iceberg', 'iceberg-open-api', version, 'test-fixtures'],
  ['org.apache.iceberg', 'iceberg-core', version, ''],
  ['org.apache.iceberg', 'iceberg-core', version, 'tests'],
  ['org.apache.iceberg', 'iceberg-api', version, 'tests'],
  ['org.apache.hadoop', 'hadoop-client-api', '3.4.3', ''],
  ['org.apache.hadoop', 'hadoop-client-runtime', '3.4.3', ''],
  ['org.eclipse.jetty.ee10', 'jetty-ee10-servlet', '12.1.8', ''],
  ['org.eclipse.jetty.compression', 'jetty-compression-server', '12.1.8', ''],
  ['org.eclipse.jetty.compression', 'jetty-compression-gzip', '12.1.8', ''],
  ['org.xerial', 'sqlite-jdbc', '3.53.0.0', ''],
  ['org.slf4j', 'slf4j-simple', '2.0.17', ''],
] as const;

/** A folder with the server's jars, fetched once a machine. */
export async function icebergRestJars(): Promise<string> {
  const target = join(cacheDirectory(), `iceberg-rest-${version}`);
  if (existsSync(target)) return target;
  process.stderr.write(`testbed: fetching Iceberg's REST catalog ${version} into ${target}\n`);
  const work = mkdtempSync(join(cacheDirectory(), 'fetch-'));
  try {
    writeFileSync(join(work, 'pom.xml'), pom());
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${work}/jars`];
    await run('mvn', ['-q', '-B', '-f', work, ...goal]);
    publish(join(work, 'jars'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

function pom(): string {
  const dependencies = artifacts.map(([group, artifact, number, classifier]) => {
    const extra = classifier === '' ? '' : `<classifier>${classifier}</classifier>`;
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version>${extra}</dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>millrace</groupId><artifactId>testbed-iceberg</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>`;
}

export async function startIcebergRest(): Promise<TestIcebergRest> {
  const jars = await icebergRestJars();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-iceberg-rest-'));
  mkdirSync(join(directory, 'warehouse'));
  const [port] = (await freePorts(1)) as [number];
  const [uri, database, warehouse] = [
    `http://127.0.0.1:${port}`,
    join(directory, 'cat.db'),
    `file://${directory}/warehouse`,
  ];
  const log = join(directory, 'rest.log');
  const java = [
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ];
  const service = await startGuarded(
    ['java', ...java, '-cp', `${jars}/*`, 'org.apache.iceberg.rest.RESTCatalogServer'],
    {
      cwd: directory,
      log,
      env: {
        CATALOG_CATALOG__IMPL: 'org.apache.iceberg.jdbc.JdbcCatalog',
        CATALOG_URI: `jdbc:sqlite:${database}`,
        CATALOG_JDBC_SCHEMA__VERSION: 'V1',
        CATALOG_WAREHOUSE: warehouse,
        CATALOG_REST_PORT: String(port),
      },
    },
  );
  const answers = (): Promise<boolean> =>
    fetch(`${uri}/v1/config`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntilReady(service, answers, { what: "Iceberg's REST catalog", log });
  return {
    uri,
    warehouse,
    database,
    stop: async () => {
      await service.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
