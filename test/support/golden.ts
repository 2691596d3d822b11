import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Compares a text with a file of the golden folder; with UPDATE=1 writes it. */
export function expectGolden(path: string, text: string): void {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (process.env.UPDATE === '1') writeFileSync(path, whole);
  expect(existsSync(path), `${path} is missing: run with UPDATE=1`).toBe(true);
  expect(whole).toBe(readFileSync(path, 'utf8'));
}
