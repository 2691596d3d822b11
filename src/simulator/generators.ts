/** Every generator there is, by name. */
import type { Generator } from '../model/generator.ts';
import { gpuFleet } from './gpu-fleet.ts';
import { nexmark } from './nexmark.ts';

export const generators: Readonly<Record<string, Generator>> = { [gpuFleet.name]: gpuFleet, [nexmark.name]: nexmark };
