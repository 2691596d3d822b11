/** Switches that hold from the moment they are turned, for every process on the control database. */
import type { DatabaseSync } from 'node:sqlite';

export const switchNames = ['mutations.enabled', 'llm.enabled'] as const;
export type SwitchName = (typeof switchNames)[number];

export type SwitchState = Readonly<{
  name: SwitchName;
  isOn: boolean;
  /** null: as it is without anyone's doing. */
  changedBy: string | null;
  changedAt: number | null;
  reason: string | null;
}>;

type SwitchRow = Readonly<{ is_on: number; changed_by: string; changed_at: number; reason: string | null }>;

export class Switches {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS deploy_switches (
      name TEXT PRIMARY KEY, is_on INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL, reason TEXT
    ) STRICT`);
  }

  isOn(name: SwitchName): boolean {
    return this.get(name).isOn;
  }

  get(name: SwitchName): SwitchState {
    const row = this.#database.prepare('SELECT * FROM deploy_switches WHERE name = ?').get(name) as
      | SwitchRow
      | undefined;
    if (row === undefined) return { name, isOn: true, changedBy: null, changedAt: null, reason: null };
    return { name, isOn: row.is_on === 1, changedBy: row.changed_by, changedAt: row.changed_at, reason: row.reason };
  }

  set(name: SwitchName, isOn: boolean, by: Readonly<{ name: string; time: number; reason: string | null }>): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO deploy_switches VALUES (?, ?, ?, ?, ?)')
      .run(name, isOn ? 1 : 0, by.name, by.time, by.reason);
  }
}
