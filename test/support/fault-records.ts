/** Values that are no JSON object: what a topic or a file may hold beside records. None has a line feed in it. */
export const garbage: readonly Buffer[] = [
  Buffer.from('not a record'),
  Buffer.from('{"device": "d1", "n": '),
  Buffer.from('{"device": "d1"} trailing'),
  Buffer.from("{'device': 'd1'}"),
  Buffer.from('{"n": "twelve"}'),
  Buffer.from('{"event_time": "yesterday"}'),
  Buffer.from('[[[[[[[[[['),
  Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3]),
  Buffer.concat([Buffer.from('{"device": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"')]),
  Buffer.alloc(5000, '{"a":'),
  noise(3000, 17),
];

/** Bytes that look like chance and are the same each time; without line feeds. */
function noise(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const byte = state >>> 24;
      return byte === 10 ? 11 : byte;
    }),
  );
}
