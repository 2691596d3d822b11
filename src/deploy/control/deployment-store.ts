/**
 * Deployments in the control database. A change of a deployment, the events that tell of it and the steps that it completes are one
 * transaction: what a kill leaves behind is a state that was decided on as a whole.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { PlanStep } from '../../model/change-plan.ts';
import { type DeploymentKey, deploymentId, type Release } from '../../model/deployment.ts';
import { inTransaction } from '../store/database.ts';
import type { DeploymentEvent } from './action.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { type StepRecord, stepOutcome } from './step-outcome.ts';

const keptEvents = 1_000; // of a deployment
const keptSavepoints = 64; // of a deployment; the files stay

const schema = `
  CREATE TABLE IF NOT EXISTS deployments (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS releases (
    deployment TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL, release TEXT NOT NULL,
    PRIMARY KEY (deployment, number)) STRICT;
  CREATE TABLE IF NOT EXISTS steps (
    step_id TEXT PRIMARY KEY, deployment TEXT NOT NULL, action TEXT NOT NULL, version INTEGER NOT NULL, trigger_id TEXT NOT NULL,
    state TEXT NOT NULL, text TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER) STRICT;
  CREATE INDEX IF NOT EXISTS open_steps ON steps (deployment) WHERE state = 'running';
  CREATE TABLE IF NOT EXISTS savepoints (
    deployment TEXT NOT NULL, path TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (deployment, path)) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, deployment TEXT NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS events_of ON events (deployment, id);
`;

export type StoredEvent = DeploymentEvent & Readonly<{ time: number }>;
export type Savepoint = Readonly<{ path: string; time: number }>;

export class DeploymentStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(schema);
  }

  find(key: DeploymentKey): DeploymentRecord | null {
    const row = this.#database.prepare('SELECT record FROM deployments WHERE id = ?').get(deploymentId(key));
    return row === undefined ? null : (JSON.parse(row.record as string) as DeploymentRecord);
  }

  all(): DeploymentRecord[] {
    const rows = this.#database.prepare('SELECT record FROM deployments ORDER BY id').all();
    return rows.map((row) => JSON.parse(row.record as string) as DeploymentRecord);
  }

  release(key: DeploymentKey, number: number): Release {
    const row = this.#database
      .prepare('SELECT release FROM releases WHERE deployment = ? AND number = ?')
      .get(deploymentId(key), number);
    return JSON.parse(row!.release as string) as Release;
  }

  /**
   * Runs `work` on the newest record and keeps what it gives, at once and with all that follows from it. null: there is nothing to change.
   * `event` without change is refused by no one: it is told as well.
   */
  change(
    key: DeploymentKey,
    now: number,
    work: (
      current: DeploymentRecord | null,
    ) => Readonly<{ to: DeploymentRecord; event: DeploymentEvent | null }> | null,
  ): DeploymentRecord | null {
    return inTransaction(this.#database, () => {
      const current = this.find(key);
      const change = work(current);
      if (change === null) return current;
      return this.#keep(change.to, current?.revision ?? 0, change.event, now);
    });
  }

  /** The number of the release; one that is there already keeps its own. Within a transaction. */
  addRelease(key: DeploymentKey, release: Release): number {
    const id = deploymentId(key);
    const known = this.#database
      .prepare('SELECT number FROM releases WHERE deployment = ? AND digest = ? ORDER BY number DESC LIMIT 1')
      .get(id, release.digest);
    if (known !== undefined) return known.number as number;
    const last = this.#database.prepare('SELECT max(number) AS number FROM releases WHERE deployment = ?').get(id);
    const number = ((last?.number ?? 0) as number) + 1;
    this.#database
      .prepare('INSERT INTO releases (deployment, number, digest, release) VALUES (?, ?, ?, ?)')
      .run(id, number, release.digest, JSON.stringify(release));
    return number;
  }

  step(stepId: string): StepRecord | null {
    const row = this.#database.prepare('SELECT * FROM steps WHERE step_id = ?').get(stepId);
    return row === undefined ? null : stepOf(row);
  }

  openSteps(key: DeploymentKey): StepRecord[] {
    const rows = this.#database
      .prepare("SELECT * FROM steps WHERE deployment = ? AND state = 'running' ORDER BY started_at, step_id")
      .all(deploymentId(key));
    return rows.map(stepOf);
  }

  /** Within a transaction, or alone. */
  beginStep(key: DeploymentKey, step: Omit<StepRecord, 'state' | 'text'>, now: number): void {
    this.#database
      .prepare(
        `INSERT INTO steps (step_id, deployment, action, version, trigger_id, state, text, started_at)
         VALUES (?, ?, ?, ?, ?, 'running', '', ?)`,
      )
      .run(step.stepId, deploymentId(key), step.action, step.version, step.triggerId, now);
  }

  endStep(stepId: string, state: 'done' | 'failed', text: string, now: number): void {
    this.#database
      .prepare("UPDATE steps SET state = ?, text = ?, ended_at = ? WHERE step_id = ? AND state = 'running'")
      .run(state, text, now, stepId);
  }

  /** The savepoint that a step asked for, and its end, together. */
  endSavepoint(key: DeploymentKey, stepId: string, path: string, now: number): void {
    inTransaction(this.#database, () => {
      this.addSavepoint(key, path, now);
      this.endStep(stepId, 'done', `savepoint ${path}`, now);
      this.addEvent(key, { kind: 'savepoint', text: path }, now);
    });
  }

  addSavepoint(key: DeploymentKey, path: string, now: number): void {
    const id = deploymentId(key);
    this.#database
      .prepare('INSERT OR IGNORE INTO savepoints (deployment, path, time) VALUES (?, ?, ?)')
      .run(id, path, now);
    this.#database
      .prepare(
        `DELETE FROM savepoints WHERE deployment = ?1 AND path NOT IN
         (SELECT path FROM savepoints WHERE deployment = ?1 ORDER BY time DESC LIMIT ?2)`,
      )
      .run(id, keptSavepoints);
  }

  /** Newest first. */
  savepoints(key: DeploymentKey, limit: number): Savepoint[] {
    const rows = this.#database
      .prepare('SELECT path, time FROM savepoints WHERE deployment = ? ORDER BY time DESC, path LIMIT ?')
      .all(deploymentId(key), limit);
    return rows.map((row) => ({ path: row.path as string, time: row.time as number }));
  }

  addEvent(key: DeploymentKey, event: DeploymentEvent, now: number): void {
    const id = deploymentId(key);
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO events (deployment, time, kind, text) VALUES (?, ?, ?, ?)')
      .run(id, now, event.kind, event.text);
    if (Number(lastInsertRowid) % 64 === 0) this.#forgetEvents(id);
  }

  /** Newest first. */
  events(key: DeploymentKey, limit: number): StoredEvent[] {
    const rows = this.#database
      .prepare('SELECT time, kind, text FROM events WHERE deployment = ? ORDER BY id DESC LIMIT ?')
      .all(deploymentId(key), limit);
    return rows.map((row) => ({ time: row.time as number, kind: row.kind as string, text: row.text as string }));
  }

  #keep(to: DeploymentRecord, revision: number, event: DeploymentEvent | null, now: number): DeploymentRecord {
    const kept: DeploymentRecord = { ...to, revision: revision + 1 };
    this.#database
      .prepare('INSERT INTO deployments (id, record) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET record = ?2')
      .run(deploymentId(to), JSON.stringify(kept));
    if (event !== null) this.addEvent(to, event, now);
    for (const step of this.openSteps(to)) {
      const outcome = stepOutcome(step, kept);
      if (outcome !== null) this.endStep(step.stepId, outcome.state, outcome.text, now);
    }
    return kept;
  }

  #forgetEvents(id: string): void {
    this.#database
      .prepare(
        `DELETE FROM events WHERE deployment = ?1 AND id <=
         (SELECT id FROM events WHERE deployment = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      )
      .run(id, keptEvents);
  }
}

function stepOf(row: Record<string, unknown>): StepRecord {
  return {
    stepId: row.step_id as string,
    action: row.action as PlanStep['action'],
    version: row.version as number,
    triggerId: row.trigger_id as string,
    state: row.state as StepRecord['state'],
    text: row.text as string,
  };
}
