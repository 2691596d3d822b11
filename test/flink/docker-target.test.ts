import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { createFlinkTarget } from '../../src/flink/create-target.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import type { JobTarget, Submission } from '../../src/model/deployment.ts';
import { type FakeDocker, fakeDocker } from '../support/fake-docker.ts';
import { type FakeFlink, fakeFlink } from '../support/fake-flink.ts';
import { newId, releaseOf, submissionOf } from '../support/flink-release.ts';

const image = 'flink:2.3.0-scala_2.12-java17';
const connectors = createConnectors({});
const script = `CREATE TABLE a (x INT) WITH ('connector' = 'datagen'); INSERT INTO a SELECT 1`;
const stopping = { savepoint: true, drain: false } as const;

let flink: FakeFlink;
let docker: FakeDocker;

beforeEach(async () => {
  flink = await fakeFlink();
  flink.pages.set('/overview', { 'slots-total': 8 });
  flink.pages.set('/info', { productName: 'Apache Flink', version: '2.3.0' });
  const { port } = new URL(flink.url);
  docker = await fakeDocker([image], { '8081/tcp': port, '8083/tcp': port });
});
afterEach(async () => {
  await docker.close();
  await flink.close();
});

function targetOf(more: Readonly<{ image?: string; socket?: string }> = {}): JobTarget {
  const engine = {
    via: 'docker',
    socket: docker.socket,
    image,
    stateDirectory: '/var/lib/flink',
    slotsPerTaskManager: 2,
    memoryMb: 2_048,
    cpus: 2,
    savepointDirectory: null,
    tokenVariable: null,
    requestTimeoutMs: 1_000,
    operationTimeoutMs: 10_000,
    ...more,
  } as const;
  return createFlinkTarget(engine, { clock: systemClock, env: {}, connectors });
}

function submission(more: Partial<Submission> = {}): Submission {
  return submissionOf(releaseOf(script, { parallelism: 3, team: 'growth' }), more);
}

const names = (): string[] => [...docker.containers.values()].map(({ name }) => name).sort();

describe('a job in containers', () => {
  it('has a cluster of its own with enough slots, and is submitted to it', async () => {
    const { jobId, ...rest } = submission();
    await targetOf().start({ jobId, ...rest });
    const prefix = `millrace-test-probe-${jobId.slice(0, 12)}`;
    expect(names()).toEqual([
      `${prefix}-gateway`,
      `${prefix}-jobmanager`,
      `${prefix}-taskmanager-1`,
      `${prefix}-taskmanager-2`,
    ]);
    expect([...docker.networks]).toEqual([prefix]);
    expect(flink.jobs.get(jobId)).toMatchObject({ name: 'test/probe', state: 'RUNNING' });
    expect((await targetOf().observe(jobId)).state).toBe('RUNNING');
  });

  it('is confined: no root, no new rights, a read-only root, limits, bounded logs, ports on loopback only', async () => {
    await targetOf().start(submission());
    for (const { spec } of docker.containers.values()) {
      expect(spec).toMatchObject({
        User: '9999:9999',
        Labels: {
          app: 'millrace',
          team: 'growth',
          env: 'test',
          job: 'probe',
          release: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        HostConfig: {
          ReadonlyRootfs: true,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges:true'],
          Memory: 2_048 * 1024 * 1024,
          NanoCpus: 2e9,
          PidsLimit: 4_096,
          LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
          RestartPolicy: { Name: 'no' },
        },
        Healthcheck: { Test: expect.arrayContaining(['CMD']) },
      });
      const published = Object.values(
        (spec.HostConfig as { PortBindings: Record<string, { HostIp: string }[]> }).PortBindings,
      );
      expect(published.flat().every(({ HostIp }) => HostIp === '127.0.0.1')).toBe(true);
      expect(JSON.stringify(spec)).not.toContain('docker.sock');
    }
    const manager = [...docker.containers.values()].find(({ name }) => name.endsWith('-jobmanager'))!;
    expect(manager.spec.Env).toEqual([
      expect.stringMatching(
        /^FLINK_PROPERTIES=jobmanager.rpc.address: jobmanager\n[\s\S]*savepoint-dir: file:\/\/\/var\/lib\/flink\/savepoints/,
      ),
    ]);
  });

  it.each(['/containers/create', '/start', '/networks/create'])(
    'is one, also where the answer to %s is lost',
    async (call) => {
      const wanted = submission();
      let isLost = false;
      docker.drop = (request) => {
        const isFirst = !isLost && request.includes(call);
        isLost ||= isFirst;
        return isFirst;
      };
      await expect(targetOf().start(wanted)).rejects.toMatchObject({ code: 'TIMEOUT' });
      await targetOf().start(wanted);
      expect(docker.containers.size).toBe(4);
      expect(flink.jobs.size).toBe(1);
    },
  );

  it('starts a container again that has ended', async () => {
    const wanted = submission();
    await targetOf().start(wanted);
    const worker = [...docker.containers.values()].find(({ name }) => name.endsWith('-taskmanager-1'))!;
    worker.running = false;
    await targetOf().start(wanted);
    expect(worker.running).toBe(true);
  });

  it('stops with a savepoint, which is told again as long as the JobManager is there, and the next start goes on from it', async () => {
    const first = submission();
    await targetOf().start(first);
    const stop = { ...stopping, triggerId: newId() };
    const path = await targetOf().stop(first.jobId, stop);
    expect(names()).toEqual([expect.stringMatching(/-jobmanager$/)]);
    expect(await targetOf().stop(first.jobId, stop)).toBe(path);
    flink.jobs.get(first.jobId)!.name = 'of another cluster'; // here all clusters are one Flink: the new one has to know nothing of it
    const next = submission({ restore: { kind: 'latest' } });
    await targetOf().start(next);
    expect(flink.jobs.get(next.jobId)?.config['execution.state-recovery.path']).toBe(path);
    expect(names().every((name) => name.includes(next.jobId.slice(0, 12)))).toBe(true);
    expect(docker.networks.size).toBe(1);
  });

  it('has failed where its JobManager is gone, and says how', async () => {
    const { jobId, ...rest } = submission();
    await targetOf().start({ jobId, ...rest });
    const manager = [...docker.containers.values()].find(({ name }) => name.endsWith('-jobmanager'))!;
    Object.assign(manager, { running: false, exitCode: 137 });
    expect(await targetOf().observe(jobId)).toMatchObject({
      state: 'FAILED',
      exceptions: [{ text: expect.stringContaining('ended with 137, out of memory') }],
    });
  });

  it('shows the ends of its containers’ logs by time', async () => {
    const { jobId, ...rest } = submission();
    await targetOf().start({ jobId, ...rest });
    for (const [index, container] of [...docker.containers.values()].entries()) {
      container.logs = `2026-11-25T12:00:0${9 - index}.000000000Z from ${index}\u001b[31m\n2026-11-25T12:00:0${9 - index}.500000000Z more\n`;
    }
    const lines = await targetOf().logs(jobId, 3);
    expect(lines).toEqual([
      '2026-11-25T12:00:08.500000000Z more',
      '2026-11-25T12:00:09.000000000Z from 0',
      '2026-11-25T12:00:09.500000000Z more',
    ]);
  });

  it.each([
    [
      'an image that is not there',
      { image: 'flink:0.1' },
      { code: 'NOT_FOUND', hint: expect.stringContaining('docker pull flink:0.1') },
    ],
    ['no engine', { socket: '/nowhere/docker.sock' }, { code: 'CONNECTION' }],
  ])('is not started with %s', async (_, more, error) => {
    await expect(targetOf(more).start(submission())).rejects.toMatchObject(error);
  });

  it('makes nothing for a script that Flink would refuse', async () => {
    const release = releaseOf(`CREATE TABLE a (x INT) WITH ('connector' = 'datagen'); SELECT * FROM a`);
    await expect(targetOf().start(submissionOf(release))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(docker.requests).toEqual([]);
  });
});
