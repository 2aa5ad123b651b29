// Readers and writers: many may look something up at once, and one at a time may change it. Whoever comes first is served first, so a
// steady stream of readers doesn't keep the writer out.

import { AtomicCounter, Barrier, RWLock, SharedInt32Array, Thread, main, sleep, task } from '@heddle/core';

const READERS = 4;

interface Catalogue {
  lock: RWLock;
  prices: SharedInt32Array; // Guards: both prices change together
  reading: AtomicCounter;
  start: Barrier;
}

export const read = task(import.meta, function read({ lock, prices, reading, start }: Catalogue) {
  let [torn, most] = [0, 0];
  start.wait();
  for (let round = 0; round < 10; round++) {
    using _ = lock.holdShared();
    most = Math.max(most, reading.increment());
    const [gross, net] = prices.view;
    sleep(1); // compares
    if (gross !== 2 * net) torn++;
    reading.decrement();
  }
  return { torn, most };
});

export const write = task(import.meta, function write({ lock, prices, start }: Catalogue) {
  start.wait();
  for (let price = 1; price <= 10; price++) {
    using _ = lock.holdExclusive();
    prices.view[0] = 2 * price;
    sleep(1);
    prices.view[1] = price;
  }
});

main(import.meta, async () => {
  const catalogue: Catalogue = {
    lock: new RWLock({ name: 'prices' }),
    prices: new SharedInt32Array(2),
    reading: new AtomicCounter(),
    start: new Barrier(READERS + 1),
  };
  const readers = Array.from({ length: READERS }, () => new Thread(read, { args: [catalogue] }).start());
  const writer = new Thread(write, { args: [catalogue] }).start();
  const seen = await Promise.all(readers.map(reader => reader.resultAsync()));
  await writer.joinAsync();
  console.log('readers together:', Math.max(...seen.map(({ most }) => most)) > 1);
  console.log(
    'half-written prices seen:',
    seen.reduce((sum, { torn }) => sum + torn, 0),
  );
  console.log('prices in the end:', ...catalogue.prices);
});
