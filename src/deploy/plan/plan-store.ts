/**
 * Plans in the control database. What a plan says never changes; its status, confirmations and progress do, by compare and set, so that of
 * two processes or people one wins.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Plan, PlanStatus } from '../../model/change-plan.ts';
import type { Release } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { inTransaction } from '../store/database.ts';
import { isWhole } from './release.ts';

type PlanRow = Readonly<{
  id: string;
  status: string;
  body: string;
  confirmed_by: string;
  progress: string;
  versions: string;
}>;

/** A plan on its way: the version that each deployment has after the steps done so far. */
export type PlanRun = Readonly<{ plan: Plan; versions: Readonly<Record<string, number>> }>;

export type Progress = Plan['progress'];

const keptPlans = 5_000; // ended ones beyond that are forgotten, the oldest first; the log keeps what was done
const ended = "('applied', 'failed', 'cancelled', 'expired')";

export class PlanStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`
      CREATE TABLE IF NOT EXISTS deploy_plans (
        id TEXT PRIMARY KEY, status TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        actor TEXT NOT NULL, body TEXT NOT NULL, confirmed_by TEXT NOT NULL, progress TEXT NOT NULL, versions TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS deploy_plans_by_actor ON deploy_plans (actor, created_at);
      CREATE INDEX IF NOT EXISTS deploy_plans_by_status ON deploy_plans (status, created_at);
      CREATE TABLE IF NOT EXISTS deploy_plan_targets (plan TEXT NOT NULL, deployment TEXT NOT NULL) STRICT;
      CREATE INDEX IF NOT EXISTS deploy_plan_targets_by_plan ON deploy_plan_targets (plan);
      CREATE TABLE IF NOT EXISTS deploy_releases (digest TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;`);
  }

  /** Adds a pending plan and the releases in it. */
  add(plan: Plan): void {
    const { status, confirmedBy, progress, ...body } = plan;
    inTransaction(this.#database, () => {
      this.#database
        .prepare('INSERT INTO deploy_plans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(
          plan.id,
          status,
          plan.createdAt,
          plan.expiresAt,
          plan.actor.name,
          JSON.stringify(body),
          JSON.stringify(confirmedBy),
          JSON.stringify(progress),
          JSON.stringify(plan.observed),
        );
      const target = this.#database.prepare('INSERT INTO deploy_plan_targets VALUES (?, ?)');
      for (const id of Object.keys(plan.observed)) target.run(plan.id, id);
      const release = this.#database.prepare('INSERT OR IGNORE INTO deploy_releases VALUES (?, ?)');
      for (const step of plan.steps)
        if (step.release !== null) release.run(step.release.digest, JSON.stringify(step.release));
      this.#forget();
    });
  }

  #forget(): void {
    this.#database.exec(`
      DELETE FROM deploy_plans WHERE id IN (
        SELECT id FROM deploy_plans WHERE status IN ${ended} ORDER BY created_at DESC LIMIT -1 OFFSET ${keptPlans});
      DELETE FROM deploy_plan_targets WHERE plan NOT IN (SELECT id FROM deploy_plans)`);
  }

  get(id: string): Plan | null {
    return this.run(id)?.plan ?? null;
  }

  run(id: string): PlanRun | null {
    const row = this.#database.prepare('SELECT * FROM deploy_plans WHERE id = ?').get(id) as PlanRow | undefined;
    return row === undefined ? null : fromRow(row);
  }

  /** Newest first. */
  list(most: number): Plan[] {
    const rows = this.#database
      .prepare('SELECT * FROM deploy_plans ORDER BY created_at DESC, rowid DESC LIMIT ?')
      .all(most);
    return (rows as unknown as PlanRow[]).map((row) => fromRow(row).plan);
  }

  /** Those that were begun and have not ended, oldest first. */
  applying(): Plan[] {
    const rows = this.#database
      .prepare("SELECT * FROM deploy_plans WHERE status = 'applying' ORDER BY created_at")
      .all();
    return (rows as unknown as PlanRow[]).map((row) => fromRow(row).plan);
  }

  /** Plans that someone made since a time. */
  countSince(actor: string, since: number): number {
    const row = this.#database
      .prepare('SELECT count(*) AS n FROM deploy_plans WHERE actor = ? AND created_at >= ?')
      .get(actor, since) as { n: number };
    return row.n;
  }

  /** A release that a plan was made with; null where it is not known, or is not what its digest says. */
  release(digest: string): Release | null {
    const row = this.#database.prepare('SELECT body FROM deploy_releases WHERE digest = ?').get(digest) as
      | { body: string }
      | undefined;
    if (row === undefined) return null;
    const release = JSON.parse(row.body) as Release;
    return release.digest === digest && isWhole(release) ? release : null;
  }

  /** Whether it was so before and is so now. */
  move(id: string, from: PlanStatus, to: PlanStatus): boolean {
    const { changes } = this.#database
      .prepare('UPDATE deploy_plans SET status = ? WHERE id = ? AND status = ?')
      .run(to, id, from);
    return changes === 1;
  }

  /** Adds a name to those who confirmed a pending plan; the same name twice counts once. Resolves to all of them. */
  confirm(id: string, name: string): readonly string[] {
    return inTransaction(this.#database, () => {
      const plan = this.get(id);
      if (plan?.status !== 'pending') throw notPending(id, plan?.status);
      const names = [...new Set([...plan.confirmedBy, name])];
      this.#database.prepare('UPDATE deploy_plans SET confirmed_by = ? WHERE id = ?').run(JSON.stringify(names), id);
      return names;
    });
  }

  /** From pending to applying, unless another plan is being applied to one of the same deployments: CONFLICT. */
  begin(id: string): void {
    inTransaction(this.#database, () => {
      const other = this.#database
        .prepare(`SELECT other.plan AS plan, other.deployment AS deployment FROM deploy_plan_targets AS own
          JOIN deploy_plan_targets AS other ON other.deployment = own.deployment AND other.plan <> own.plan
          JOIN deploy_plans ON deploy_plans.id = other.plan AND deploy_plans.status = 'applying'
          WHERE own.plan = ? LIMIT 1`)
        .get(id) as { plan: string; deployment: string } | undefined;
      if (other !== undefined) {
        throw new EngineError('CONFLICT', `${id}: ${other.deployment} is being changed by ${other.plan} just now`, {
          hint: 'Wait for its end, then plan again: what was seen will have moved.',
        });
      }
      if (!this.move(id, 'pending', 'applying')) throw notPending(id, this.get(id)?.status);
    });
  }

  /** How far an applying plan came. `versions`: of the deployments after it. */
  record(id: string, progress: Progress, versions: Readonly<Record<string, number>>): void {
    this.#database
      .prepare("UPDATE deploy_plans SET progress = ?, versions = ? WHERE id = ? AND status = 'applying'")
      .run(JSON.stringify(progress), JSON.stringify(versions), id);
  }
}

function fromRow(row: PlanRow): PlanRun {
  const plan = {
    ...(JSON.parse(row.body) as Omit<Plan, 'status' | 'confirmedBy' | 'progress'>),
    status: row.status as PlanStatus,
    confirmedBy: JSON.parse(row.confirmed_by) as string[],
    progress: JSON.parse(row.progress) as Progress,
  };
  return { plan, versions: JSON.parse(row.versions) as Record<string, number> };
}

function notPending(id: string, status: PlanStatus | undefined): EngineError {
  return new EngineError(
    'CONFLICT',
    `${id}: expected a plan that waits for its confirmation, found it ${status ?? 'gone'}`,
    {
      hint: 'Plan again: nothing was changed by this call.',
    },
  );
}
