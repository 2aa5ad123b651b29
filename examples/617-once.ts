// Something expensive that all threads need is made once, by whichever comes first. An error isn't remembered: the next one tries again.

import { AtomicCounter, Once, Thread, main, sleep, task } from '@heddle/core';

export const useTable = task(
  import.meta,
  function useTable(table: Once<number[]>, attempts: AtomicCounter, n: number) {
    const squares = table.run(() => {
      if (attempts.increment() === 1) throw new Error('not ready yet');
      sleep(10); // takes its time; the others wait
      return Array.from({ length: 10 }, (_, k) => k * k);
    });
    return squares[n];
  },
);

main(import.meta, async () => {
  const [table, attempts] = [new Once<number[]>({ name: 'squares' }), new AtomicCounter()];
  const first = new Thread(useTable, { args: [table, attempts, 0] }).start();
  console.log(`the first: ${await first.resultAsync().catch((error: Error) => error.message)}`);
  const threads = [2, 3, 4].map(n => new Thread(useTable, { args: [table, attempts, n] }).start());
  console.log(...(await Promise.all(threads.map(thread => thread.resultAsync()))));
  console.log('attempts:', attempts.value, 'done:', table.done);
});
