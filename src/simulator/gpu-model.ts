/**
 * How a GPU behaves: jobs come and go, load follows them, power follows load at once, heat follows power with inertia, the fan follows
 * heat and cools. First-order lags, so that any step of time is stable.
 *
 * State advances in cells of `cellMs`; between two cells readings are interpolated. So that any cell is reached without walking there
 * from the beginning, each block of `blockCells` starts from a fold over the last `warmUpCells` before it: by then the start is forgotten
 * (e^−10 of it is left, below what a reading shows).
 */
import { draw, gaussian, purpose, type StreamKey, uniform } from './random.ts';

const loadLagMs = 4_000;
const heatLagMs = 25_000;
const fanLagMs = 6_000;
const memoryLagMs = 8_000;
const jobMs = 240_000;
const shortestCellMs = 1_000;
const blockCells = 256;
const warmUpLags = 10;

const idlePowerWatts = 65;
const loadPowerWatts = 610;
const kelvinPerWatt = 0.108; // without a fan
const fanEffect = 0.42; // of the thermal resistance, at full speed
const lowestFan = 0.3;
const loadDeviation = 0.04;
const memoryMib = 81_920;

/** Positions in the state of a device. */
export const gpu = { load: 0, temperature: 1, fan: 2, memory: 3 } as const;
const stride = 4;

type Lags = Readonly<{ load: number; heat: number; fan: number; memory: number; noise: number }>;

export class GpuModel {
  readonly cellMs: number;
  /** State at the cell, and at the next one: four numbers a device. */
  readonly now: Float64Array;
  readonly next: Float64Array;
  readonly #keys: readonly StreamKey[];
  readonly #lags: Lags;
  readonly #warmUpCells: number;
  readonly #cells: Float64Array;
  readonly #ambient: Float64Array;
  readonly #efficiency: Float64Array;
  readonly #jobOffset: Float64Array;
  readonly #job: Float64Array;
  readonly #jobLoad: Float64Array;
  readonly #jobMemory: Float64Array;
  readonly #scratch = new Float64Array(stride);

  constructor(keys: readonly StreamKey[], periodMs: number) {
    const count = keys.length;
    this.cellMs = Math.max(shortestCellMs, periodMs);
    const follow = (lagMs: number): number => 1 - Math.exp(-this.cellMs / lagMs);
    const load = follow(loadLagMs);
    this.#lags = {
      load,
      heat: follow(heatLagMs),
      fan: follow(fanLagMs),
      memory: follow(memoryLagMs),
      noise: loadDeviation * Math.sqrt(1 - (1 - load) ** 2),
    };
    this.#warmUpCells = Math.ceil((warmUpLags * heatLagMs) / this.cellMs);
    this.#keys = keys;
    this.now = new Float64Array(count * stride);
    this.next = new Float64Array(count * stride);
    this.#cells = new Float64Array(count).fill(-2);
    this.#job = new Float64Array(count).fill(-1);
    this.#jobLoad = new Float64Array(count);
    this.#jobMemory = new Float64Array(count);
    const own = (counter: number) => (key: StreamKey) => uniform(draw(key.a, key.b, purpose.device, counter));
    this.#ambient = Float64Array.from(keys, (key) => 22 + 7 * own(1)(key));
    this.#efficiency = Float64Array.from(keys, (key) => 0.94 + 0.12 * own(2)(key));
    this.#jobOffset = Float64Array.from(keys, (key) => Math.floor(jobMs * own(3)(key)));
  }

  /** Makes `now` and `next` of a device the states at `cell` and `cell + 1`. Quick where the cell is the one after the last. */
  moveTo(device: number, cell: number): void {
    const at = this.#cells[device]!;
    if (at === cell) return;
    const offset = device * stride;
    if (at === cell - 1) for (let i = offset; i < offset + stride; i++) this.now[i] = this.next[i]!;
    else this.#fold(device, cell, this.now);
    if ((cell + 1) % blockCells === 0) this.#fold(device, cell + 1, this.next);
    else {
      for (let i = offset; i < offset + stride; i++) this.next[i] = this.now[i]!;
      this.#step(device, cell, this.next, offset);
    }
    this.#cells[device] = cell;
  }

  /** The state at `cell`, from its block's warm-up. */
  #fold(device: number, cell: number, target: Float64Array): void {
    const scratch = this.#scratch;
    const start = Math.floor(cell / blockCells) * blockCells - this.#warmUpCells;
    this.#findJob(device, start);
    scratch[gpu.load] = this.#jobLoad[device]!;
    scratch[gpu.fan] = lowestFan;
    scratch[gpu.temperature] = this.#ambient[device]!;
    scratch[gpu.memory] = this.#jobMemory[device]!;
    for (let i = start; i < cell; i++) this.#step(device, i, scratch, 0);
    target.set(scratch, device * stride);
  }

  /** From the state at `cell` to the one after it, in place. */
  #step(device: number, cell: number, state: Float64Array, at: number): void {
    this.#findJob(device, cell);
    const key = this.#keys[device]!;
    const lags = this.#lags;
    const noise = gaussian(draw(key.a, key.b, purpose.cell, this.#counter(cell))) * lags.noise;
    const load = state[at]!;
    const temperature = state[at + 1]!;
    const fan = state[at + 2]!;
    const followed = load + (this.#jobLoad[device]! - load) * lags.load + noise;
    const nextLoad = Math.min(1, Math.max(0, followed));
    const resistance = kelvinPerWatt * (1 - fanEffect * fan);
    const settled = this.#ambient[device]! + this.power(device, nextLoad) * resistance;
    state[at] = nextLoad;
    state[at + 1] = temperature + (settled - temperature) * lags.heat;
    const fanTarget = Math.min(1, Math.max(lowestFan, lowestFan + (temperature - 42) / 48));
    state[at + 2] = fan + (fanTarget - fan) * lags.fan;
    state[at + 3] = state[at + 3]! + (this.#jobMemory[device]! - state[at + 3]!) * lags.memory;
  }

  /** In watts, at a load from 0 to 1. */
  power(device: number, load: number): number {
    return idlePowerWatts + loadPowerWatts * load * this.#efficiency[device]!;
  }

  /** Warm-up reaches before the first cell; counters of draws begin at 0 all the same. */
  #counter(cell: number): number {
    return cell + this.#warmUpCells;
  }

  #findJob(device: number, cell: number): void {
    const firstMs = this.#warmUpCells * this.cellMs;
    const job = Math.floor((cell * this.cellMs + firstMs + this.#jobOffset[device]!) / jobMs);
    if (this.#job[device] === job) return;
    this.#job[device] = job;
    const key = this.#keys[device]!;
    const kind = uniform(draw(key.a, key.b, purpose.job, job * 3));
    const size = uniform(draw(key.a, key.b, purpose.job, job * 3 + 1));
    const memory = uniform(draw(key.a, key.b, purpose.job, job * 3 + 2));
    // A fifth of the time idle, a third inference of any load, else training at nearly full load.
    const [load, share] =
      kind < 0.2
        ? [0.01 + 0.03 * size, 0.008 + 0.01 * memory]
        : kind < 0.55
          ? [0.25 + 0.45 * size, 0.2 + 0.4 * memory]
          : [0.84 + 0.13 * size, 0.68 + 0.28 * memory];
    this.#jobLoad[device] = load;
    this.#jobMemory[device] = share * memoryMib;
  }
}
