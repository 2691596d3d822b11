/** Where a subtask's time goes: working, waiting for room downstream, waiting for input. Together they are the time that passed. */
export class TaskTimes {
  #last: number;
  busyMs = 0;
  idleMs = 0;
  backPressuredMs = 0;

  constructor(now: number) {
    this.#last = now;
  }

  /** The time since the last call was spent so. */
  spend(on: 'busy' | 'idle' | 'backPressured', now: number): void {
    const ms = now - this.#last;
    this.#last = now;
    if (on === 'busy') this.busyMs += ms;
    else if (on === 'idle') this.idleMs += ms;
    else this.backPressuredMs += ms;
  }
}
