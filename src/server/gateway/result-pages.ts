/** The rows of a result, page by page: whoever makes them waits for whoever takes them, and the last page can be asked for again. */
import { EngineError } from '../../model/errors.ts';
import type { GatewayRow } from './gateway-row.ts';

export type ResultPage = Readonly<{
  rows: readonly GatewayRow[];
  /** No page follows. */
  last: boolean;
}>;

const pageRows = 1_000;
const mostWaiting = 5_000; // rows that are there and not taken: beyond, their maker waits

export class ResultPages {
  #waiting: GatewayRow[] = [];
  #ended = false;
  #failure: { error: unknown } | null = null;
  #onRoom: (() => void)[] = [];
  /** The page that was given last, by its token. */
  #given: Readonly<{ token: number; page: ResultPage }> | null = null;

  /** Resolves when there is room for more. */
  async push(rows: readonly GatewayRow[]): Promise<void> {
    if (this.#ended) return;
    for (const row of rows) this.#waiting.push(row);
    if (this.#waiting.length > mostWaiting) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  end(): void {
    this.#ended = true;
    this.#release();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.end();
  }

  /** What is there is thrown away: nobody takes it any more. */
  discard(): void {
    this.#waiting = [];
    this.end();
  }

  /**
   * The page of a token: the one after the last, or that one again. A page without rows is given where none have come yet. Rejects with the
   * failure of whoever makes the rows, after those that were made. EngineError INVALID_OPTION for another token.
   */
  fetch(token: number): ResultPage {
    if (this.#given?.token === token) return this.#given.page;
    const expected = this.#given === null ? 0 : this.#given.token + 1;
    if (token !== expected || this.#given?.page.last === true) {
      throw new EngineError('INVALID_OPTION', `token: expected ${expected} or the one before it, got ${token}`);
    }
    const rows = this.#waiting.splice(0, pageRows);
    if (rows.length === 0 && this.#failure !== null) throw this.#failure.error;
    if (this.#waiting.length <= mostWaiting) this.#release();
    const page = { rows, last: rows.length === 0 && this.#ended };
    this.#given = { token, page };
    return page;
  }

  #release(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }
}
