// Two threads that swap: the filler hands over a full buffer and gets the empty one back. Two buffers, never copied, are enough.

import { Exchanger, SharedInt32Array, Thread, main, task } from '@heddle/core';

const ROUNDS = 5;

export const fill = task(
  import.meta,
  function fill(place: Exchanger<SharedInt32Array>, own: SharedInt32Array) {
    let buffer = own;
    for (let round = 1; round <= ROUNDS; round++) {
      buffer.view.fill(round);
      buffer = place.exchange(buffer);
    }
  },
);

export const empty = task(
  import.meta,
  function empty(place: Exchanger<SharedInt32Array>, own: SharedInt32Array) {
    const sums: number[] = [];
    let buffer = own;
    for (let round = 1; round <= ROUNDS; round++) {
      buffer = place.exchange(buffer);
      sums.push(buffer.view.reduce((sum, n) => sum + n, 0));
    }
    return sums;
  },
);

main(import.meta, async () => {
  const place = new Exchanger<SharedInt32Array>();
  const filler = new Thread(fill, { args: [place, new SharedInt32Array(1000)] }).start();
  const emptier = new Thread(empty, { args: [place, new SharedInt32Array(1000)] }).start();
  await filler.joinAsync();
  console.log('sums:', ...(await emptier.resultAsync()));
});
