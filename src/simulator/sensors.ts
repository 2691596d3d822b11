/** Readings of a fleet: the state of each device between two cells of its model, with the noise of measuring. */
import { GpuModel, gpu } from './gpu-model.ts';
import { draw, gaussian, purpose, type StreamKey } from './random.ts';
import type { Readings } from './readings.ts';

const loadNoise = 0.008;
const temperatureNoise = 0.15; // °C
const powerNoise = 3; // W

export class Sensors {
  readonly #keys: readonly StreamKey[];
  readonly #model: GpuModel;
  readonly #ticksPerCell: number;
  #round = 0;
  #cell = 0;
  #fraction = 0;

  constructor(keys: readonly StreamKey[], periodMs: number) {
    this.#keys = keys;
    this.#model = new GpuModel(keys, periodMs);
    this.#ticksPerCell = Math.max(1, Math.round(this.#model.cellMs / periodMs));
  }

  /** Which reading of every device the next calls of `measure` take. */
  setRound(round: number): void {
    this.#round = round;
    this.#cell = Math.floor(round / this.#ticksPerCell);
    this.#fraction = (round % this.#ticksPerCell) / this.#ticksPerCell;
  }

  /** Writes the measured values to a row. */
  measure(device: number, out: Readings, row: number): void {
    const model = this.#model;
    model.moveTo(device, this.#cell);
    const { a, b } = this.#keys[device]!;
    const count = this.#round * 3;
    const at = device * 4;
    const noisy = this.#between(at + gpu.load) + gaussian(draw(a, b, purpose.noise, count)) * loadNoise;
    const load = Math.min(1, Math.max(0, noisy));
    const temperature =
      this.#between(at + gpu.temperature) + gaussian(draw(a, b, purpose.noise, count + 1)) * temperatureNoise;
    const power = model.power(device, load) + gaussian(draw(a, b, purpose.noise, count + 2)) * powerNoise;
    out.utilization[row] = Math.round(load * 1000);
    out.temperature[row] = Math.round(temperature * 10);
    out.power[row] = Math.round(power * 10);
    out.memoryUsed[row] = Math.round(this.#between(at + gpu.memory));
    out.fanSpeed[row] = Math.round(this.#between(at + gpu.fan) * 100);
  }

  #between(index: number): number {
    const now = this.#model.now[index]!;
    return now + (this.#model.next[index]! - now) * this.#fraction;
  }
}
