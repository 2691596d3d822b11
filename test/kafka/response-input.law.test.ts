/** Law: however the bytes of responses are cut on the way, and whichever way they are handed in, whole responses come out, in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseInput } from '../../src/kafka/response-input.ts';

const slack = 3; // buffers may be larger than what is asked for

function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function collector() {
  const bodies: Buffer[] = [];
  const input = new ResponseInput({
    begin: (size) => Buffer.alloc(size + slack, 0xee),
    end: (bytes, size) => bodies.push(Buffer.from(bytes.subarray(0, size))),
  });
  return { bodies, input };
}

const body = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
  fc.nat({ max: 60_000 }).map((size) => Buffer.alloc(size + 1, `${size}:`)),
);
const cuts = fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 50_000 })));

describe('responses out of pieces', () => {
  it.each(['space', 'chunks', 'both in turn'] as const)('are whole by way of %s', (way) => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 6 }), cuts, (list, sizes) => {
        const expected = list.map((bytes) => Buffer.from(bytes));
        const wire = Buffer.concat(expected.map(framed));
        const { bodies, input } = collector();
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const space = input.space;
          expect(space.length).toBeGreaterThan(0);
          const inSpace = way === 'space' || (way === 'both in turn' && turn % 2 === 0);
          const length = Math.min(sizes.next().value!, wire.length - at, inSpace ? space.length : Infinity);
          if (inSpace) {
            wire.copy(space, 0, at, at + length);
            input.filled(length);
          } else {
            const chunk = Buffer.concat([wire.subarray(at, at + length), Buffer.from('not yet there')]);
            input.take(chunk, length);
          }
          at += length;
        }
        expect(bodies).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('end when nobody takes one', () => {
    const seen: number[] = [];
    const input = new ResponseInput({
      begin: (size) => {
        seen.push(size);
        return null;
      },
      end: () => seen.push(-1),
    });
    const wire = Buffer.concat([framed(Buffer.from('first')), framed(Buffer.from('second'))]);
    input.take(wire, wire.length);
    expect(seen).toEqual([5]);
  });

  it('put what follows the head of a response into its own buffer', () => {
    const buffers: Buffer[] = [];
    const input = new ResponseInput({
      begin: (size) => {
        buffers.push(Buffer.alloc(size));
        return buffers.at(-1)!;
      },
      end: () => {},
    });
    const head = framed(Buffer.alloc(1_000_000)).subarray(0, 104);
    head.copy(input.space);
    input.filled(head.length);
    expect([input.space.buffer, input.space.byteOffset, input.space.length]).toEqual([
      buffers[0]!.buffer,
      buffers[0]!.byteOffset + 100,
      999_900,
    ]);
  });
});
