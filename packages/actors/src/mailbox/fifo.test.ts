/** The ring against an array, over random loads. */
import { expect, test } from 'vitest';
import { Fifo } from './fifo.ts';

function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) / 2 ** 23;
  };
}

test.each([1, 2, 3, 4])('does what an array does (seed %i)', seed => {
  const random = randoms(seed);
  const fifo = new Fifo();
  /** What is in it, with the positions of what was pushed; put back messages have none. */
  const model: { message: unknown; position: number | undefined }[] = [];
  let next = 0;
  // Mostly shallow, now and then deep: the single message, the small ring and its growth all have their turns.
  for (let step = 0; step < 5000; step++) {
    const bias = step % 1000 < 100 ? 0.65 : 0.42;
    const chance = random();
    const message = chance < 0.02 ? undefined : (next += 1);
    if (random() < bias) {
      if (chance < 0.8) {
        model.push({ message, position: fifo.end });
        fifo.push(message);
      } else {
        model.unshift({ message, position: undefined });
        fifo.unshift(message);
      }
    } else if (chance < 0.15 && model.length > 0) {
      const at = model[Math.floor(random() * model.length)]!;
      if (at.position !== undefined) {
        expect(fifo.replace(at.position, message)).toBe(at.message);
        at.message = message;
      }
    } else if (chance > 0.999) {
      fifo.clear();
      model.length = 0;
    } else if (model.length > 0) expect(fifo.shift()).toBe(model.shift()!.message);
    expect(fifo.size).toBe(model.length);
    if (step % 50 === 0) expect([...fifo]).toEqual(model.map(({ message: each }) => each));
  }
});
