import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFacts, textOfSql, typeOfSql } from '../support/sql-facts.ts';

// What Flink 2.3 answers, from its tests and documentation: inputs and results, in narrow and in wide code.

const folder = new URL('./facts/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe.each(files)('%s', (name) => {
  const facts = readFacts(new URL(name, folder));

  it('has facts', () => {
    expect(facts.length).toBeGreaterThan(4);
  });

  it.each(facts)('$expression', (fact) => {
    for (const wide of [false, true]) {
      let text: string;
      try {
        text = textOfSql(fact, wide);
      } catch (signal) {
        if (wide || typeof signal !== 'symbol') throw signal;
        continue; // narrow code leaves it to wide code
      }
      if (fact.expected.startsWith('! ')) expect(text).toContain(fact.expected.slice(2));
      else expect(text).toBe(fact.expected);
    }
    if (fact.type !== null) expect(typeOfSql(fact.expression)).toBe(fact.type);
  });
});
