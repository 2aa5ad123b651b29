// Random numbers that are the same in every run, one stream per thread, however the threads take turns.

import { Thread, ThreadLocal, main, task } from '@heddle/core';

/** A small generator by Tommy Ettinger, mulberry32: the seed is all its state. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), seed | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = new ThreadLocal<() => number>();

function rollDie(): number {
  return 1 + Math.floor(6 * random.value());
}

export const play = task(import.meta, function play(seed: number) {
  random.value = generator(seed);
  return Array.from({ length: 10 }, rollDie).join(' ');
});

async function playAll(): Promise<string[]> {
  const threads = [1, 2, 3].map(seed => new Thread(play, { args: [seed] }).start());
  return Promise.all(threads.map(thread => thread.resultAsync()));
}

main(import.meta, async () => {
  const first = await playAll();
  const second = await playAll();
  for (const [index, rolls] of first.entries())
    console.log(`seed ${index + 1}: ${rolls}, again: ${second[index] === rolls}`);
});
