/** How much one person may ask of the model in a day. When it is spent, the offline parser answers alone. */
import type { Usage } from './chat-model.ts';

export interface ModelBudget {
  /** Takes one call; false: nothing is left. */
  take(): boolean;
  /** What an answer came to, known afterwards: the call that goes over is the last. */
  spend(usage: Usage): void;
}

type Spent = { day: number; calls: number; tokens: number };

const dayMs = 86_400_000;
const mostActors = 10_000; // remembered; past that those who asked longest ago begin afresh

/** In this process's memory: a restart gives everyone the day's budget again. */
export class DailyBudgets {
  readonly #limits: Readonly<{ callsPerDay: number; tokensPerDay: number }>;
  readonly #now: () => number;
  readonly #spent = new Map<string, Spent>();

  constructor(limits: Readonly<{ callsPerDay: number; tokensPerDay: number }>, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  of(actor: string): ModelBudget {
    return {
      take: () => {
        const spent = this.#today(actor);
        if (spent.calls >= this.#limits.callsPerDay || spent.tokens >= this.#limits.tokensPerDay) return false;
        spent.calls++;
        return true;
      },
      spend: ({ input, output }) => {
        this.#today(actor).tokens += input + output;
      },
    };
  }

  #today(actor: string): Spent {
    const day = Math.floor(this.#now() / dayMs);
    const known = this.#spent.get(actor);
    const spent = known?.day === day ? known : { day, calls: 0, tokens: 0 };
    this.#spent.delete(actor);
    this.#spent.set(actor, spent);
    if (this.#spent.size > mostActors) this.#spent.delete(this.#spent.keys().next().value!);
    return spent;
  }
}
