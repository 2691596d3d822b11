import { describe, expect, it } from 'vitest';
import { deploymentManifest, type ManifestOptions } from '../../src/flink/deployment-manifest.ts';
import { parseFlinkEngine } from '../../src/flink/flink-engine.ts';
import { flinkPortability, portabilityText } from '../../src/flink/flink-portability.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import { jobFileOf, plainScript } from '../../src/job/job-file.ts';
import { parseYaml, parseYamlDocument } from '../../src/job/yaml-document.ts';
import { YamlMap } from '../../src/job/yaml-map.ts';

const connectors = createConnectors({});
const sink = `CREATE TABLE b (x INT) WITH ('connector' = 'blackhole');`;
const insert = 'INSERT INTO b SELECT 1;';

function found(script: string): string[] {
  const { findings } = flinkPortability(plainScript('probe', script), connectors);
  return findings.map(({ kind, line, text }) => `${kind} ${line}: ${text}`);
}

const parallelism = "differs null: no parallelism is set: 4 here, the cluster's parallelism.default there";

describe('what does not go to Flink as it is', () => {
  it.each<[string, string, string[]]>([
    ['nothing', `SET 'parallelism.default' = '2'; ${sink} ${insert}`, []],
    ['parallelism', `${sink} ${insert}`, [parallelism]],
    [
      'the simulator',
      `CREATE TABLE s (x INT)\nWITH ('connector' = 'simulator'); ${sink} ${insert}`,
      ["refused 1: table s: the connector 'simulator' is Millrace's own", parallelism],
    ],
    [
      'options of our own',
      `CREATE TABLE s (x INT) WITH (\n'connector' = 'kafka',\n'protobuf.millrace.schema' = 'x.proto'); ${sink} ${insert}`,
      [
        "needs 1: 'kafka': flink-sql-connector-kafka in the lib folder of Flink",
        "refused 3: the option 'protobuf.millrace.schema' is Millrace's own",
        parallelism,
      ],
    ],
    [
      'functions',
      `CREATE TEMPORARY FUNCTION f AS 'f.ts' LANGUAGE TYPESCRIPT; ${sink} ${insert}`,
      ["refused 1: functions in TYPESCRIPT are Millrace's own", parallelism],
    ],
    [
      'databases that only DuckDB reads',
      `CREATE TABLE d (x INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:duckdb:x.db', 'table-name' = 't'); ${sink} ${insert}`,
      ["refused 1: table d: Flink's jdbc connector has no dialect for 'jdbc:duckdb:x.db'", parallelism],
    ],
    [
      'the embedded lake',
      `CREATE CATALOG l WITH ('type' = 'iceberg', 'uri' = 'jdbc:sqlite:lake.db'); ${sink} ${insert}`,
      [
        "needs 1: 'iceberg': iceberg-flink-runtime in the lib folder of Flink",
        "differs 1: the catalog's file 'jdbc:sqlite:lake.db' is opened on Flink's machines, with sqlite-jdbc in Flink's lib folder",
        parallelism,
      ],
    ],
    [
      'paths',
      `CREATE TABLE f (x INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json'); ${sink} ${insert}`,
      ["differs 1: table f: the path 'out' is looked up on Flink's machines", parallelism],
    ],
    [
      'settings',
      `SET 'millrace.dead-letter.mode' = 'file';\nSET 'execution.checkpointing.dir' = 'cp'; ${sink} ${insert}`,
      [
        "differs 1: SET 'millrace.dead-letter.mode' is passed over: a record that can't be read fails the job",
        "refused 2: SET 'execution.checkpointing.dir': expected a URL that all of Flink's machines reach, got 'cp'",
        parallelism,
      ],
    ],
    [
      'several jobs',
      `${sink}\n${insert}\n${insert}`,
      [
        'refused 3: job probe: expected one job, found 2: Flink starts one for each of INSERT INTO b (line 2), INSERT INTO b (line 3)',
        parallelism,
      ],
    ],
    [
      'rows for nobody',
      `${sink} SELECT 1`,
      [
        'refused 1: job probe: expected statements that write to tables, found a query whose rows nobody takes',
        parallelism,
      ],
    ],
    [
      'a dialect that goes further',
      `CREATE MATERIALIZED TABLE m FRESHNESS = INTERVAL '1' MINUTE AS SELECT 1; ${sink} ${insert}`,
      ['differs 1: CREATE MATERIALIZED …: not read here: whether Flink takes it, Flink alone can say', parallelism],
    ],
  ])('%s', (_, script, findings) => {
    expect(found(script)).toEqual(findings);
  });

  it('is told once for each connector, and for a person', () => {
    const kafka = (name: string): string =>
      `CREATE TABLE ${name} (x INT) WITH ('connector' = 'kafka', 'format' = 'json');`;
    const result = flinkPortability(plainScript('probe', `${kafka('a')}\n${kafka('c')}${sink}${insert}`), connectors);
    expect(result.portable).toBe(true);
    expect(
      portabilityText(result)
        .split('\n')
        .filter((line) => line.includes('needs')),
    ).toHaveLength(1);
  });
});

describe('a manifest', () => {
  const options: ManifestOptions = {
    environment: 'staging',
    team: 'growth',
    namespace: 'streams',
    image: 'flink-sql:1',
    flinkVersion: 'v2_2',
    serviceAccount: 'flink',
    stateDirectory: 's3://bucket/x',
    parallelism: null,
    slotsPerTaskManager: 2,
    memoryMb: 2_048,
    cpus: 1,
    state: 'suspended',
    savepoint: 's3://bucket/savepoint-1',
  };
  const spec = `apiVersion: millrace/v1\nkind: Job\nmetadata: { name: probe }\nspec: { sql: job.sql, parallelism: 3, parameters: { n: { type: integer, default: 7 } } }\n`;
  const fileOf = (script: string, text = spec) =>
    jobFileOf({ spec: text, script, directory: '/nowhere' }, { parameters: new Map(), env: { TOKEN: 'hunter2' } });
  const parts = (script: string): [Record<string, never>, Record<string, never>] =>
    deploymentManifest(fileOf(script), options, connectors)
      .split('---\n')
      .map((text) => parseYaml(text, 'manifest')) as never;

  it('has the script as the runner reads it, and the job beside it', () => {
    const set = `${sink} -- a; comment\nset 'a'='b';\nexecute statement set\nBEGIN\nINSERT INTO b SELECT \${n}; /* ; */ INSERT INTO b SELECT 2; END;`;
    const [config, deployment] = parts(set);
    expect(config).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'probe-sql', namespace: 'streams' } });
    expect((config as unknown as { data: Record<string, string> }).data['job.sql']).toBe(
      `CREATE TABLE b (x INT) WITH ('connector' = 'blackhole');\nSET 'a' = 'b';\nEXECUTE STATEMENT SET\nBEGIN\nINSERT INTO b SELECT 7;   INSERT INTO b SELECT 2;\nEND;\n`,
    );
    expect(deployment).toMatchObject({
      apiVersion: 'flink.apache.org/v1beta1',
      kind: 'FlinkDeployment',
      metadata: { name: 'probe', labels: { app: 'millrace', env: 'staging', job: 'probe', team: 'growth' } },
      spec: {
        image: 'flink-sql:1',
        flinkConfiguration: {
          'pipeline.name': 'staging/probe',
          'execution.checkpointing.savepoint-dir': 's3://bucket/x/savepoints',
          'taskmanager.numberOfTaskSlots': '2',
        },
        job: {
          parallelism: 3,
          upgradeMode: 'savepoint',
          state: 'suspended',
          initialSavepointPath: 's3://bucket/savepoint-1',
          args: ['/opt/flink/usrlib/sql-scripts/job.sql'],
        },
      },
    });
  });

  it.each([
    [
      'a text that the runner takes for a comment',
      `${sink} INSERT INTO b SELECT 1 FROM (VALUES ('a--b')) AS t(s)`,
      spec,
      /takes '--' in a text/,
    ],
    [
      'a table of the simulator',
      `CREATE TABLE s (x INT) WITH ('connector' = 'simulator'); INSERT INTO s SELECT 1`,
      spec,
      /simulator/,
    ],
    [
      'a secret',
      `${sink} ${insert}`,
      spec.replace('n: { type: integer, default: 7 }', 'token: { type: secret, env: TOKEN }'),
      /type secret/,
    ],
    ['a name that Kubernetes does not take', `${sink} ${insert}`, spec.replace('probe', '1probe'), /expected a name/],
  ])('is not made for %s', (_, script, text, message) => {
    expect(() => deploymentManifest(fileOf(script, text), options, connectors)).toThrow(message);
  });
});

describe('where a Flink is', () => {
  const read = (text: string) => parseFlinkEngine(new YamlMap(parseYamlDocument(text, 'environment'), 'environment'));

  it.each([
    [
      'rest: http://flink:8081/\ngateway: http://flink:8083',
      {
        via: 'gateway',
        rest: 'http://flink:8081',
        view: 'http://flink:8081',
        gateway: 'http://flink:8083',
        requestTimeoutMs: 60_000,
      },
    ],
    [
      'via: cli\nhome: /opt/flink\njobManager: flink:8081',
      { via: 'cli', home: '/opt/flink', gateway: null, jobManager: 'flink:8081' },
    ],
    [
      'via: docker\nimage: flink:2.3.0@sha256:0a\nstateDirectory: /var/lib/flink',
      { via: 'docker', socket: '/var/run/docker.sock', slotsPerTaskManager: 4 },
    ],
  ])('%s', (text, engine) => {
    expect(read(text)).toMatchObject(engine);
  });

  it.each([
    ['gateway: http://flink:8083', /rest: expected a text, found nothing/],
    ['rest: file:///etc/passwd\ngateway: http://x', /rest: expected an http:\/\/ or https:\/\/ URL/],
    ['rest: http://user:pw@flink\ngateway: http://x', /without user/],
    ['via: cli\nhome: /x\nimage: y', /image: unknown field/],
    ['via: docker\nimage: "flink:2.3; rm"\nstateDirectory: /x', /image: expected an image/],
    ['via: docker\nimage: flink:2\nstateDirectory: ../x', /stateDirectory: expected an absolute path/],
  ])('%s is refused', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
