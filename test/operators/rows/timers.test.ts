import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timers } from '../../../src/operators/rows/timers.ts';

const steps = fc.array(
  fc.oneof(
    fc.record({ time: fc.nat(20), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ until: fc.nat(25), again: fc.boolean() }),
  ),
  { maxLength: 60 },
);

describe('timers', () => {
  it('fire once each, in the order of their times, and those that are added on the way too', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const timers = new Timers();
        let waiting: [time: number, key: string][] = [];
        for (const step of taken) {
          if ('key' in step) {
            timers.add(step.time, step.key);
            if (!waiting.some(([time, key]) => time === step.time && key === step.key))
              waiting.push([step.time, step.key]);
            continue;
          }
          const due = waiting.filter(([time]) => time <= step.until).sort(([a], [b]) => a - b);
          waiting = waiting.filter(([time]) => time > step.until);
          const fired: [number, string][] = [];
          timers.advance(step.until, (key, time) => {
            fired.push([time, key]);
            if (step.again && key !== 'again') timers.add(time, 'again');
          });
          const times = [...new Set(due.map(([time]) => time))];
          expect(fired.filter(([, key]) => key !== 'again')).toEqual(due);
          const again = fired.filter(([, key]) => key === 'again').map(([time]) => time);
          expect(again).toEqual(step.again ? times : []);
          expect(timers.next).toBe(Math.min(...waiting.map(([time]) => time)));
        }
      }),
      { numRuns: 200 },
    );
  });
});
