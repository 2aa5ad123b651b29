// A task that fails in a pool, and whose future nobody looks at: reported at the end, not hidden. One that somebody awaits is his business.

import { ThreadPoolExecutor, main, task } from '@heddle/core';

export const divide = task(import.meta, function divide(a: number, b: number): number {
  if (b === 0) throw new RangeError(`${a} / 0`);
  return a / b;
});

main(import.meta, async () => {
  await using pool = new ThreadPoolExecutor({ threadNamePrefix: 'dividers' });
  pool.submit(divide, 1, 0);
  const looked = pool.submit(divide, 2, 0);
  console.log('caught:', (await looked.catch((error: Error) => error)).toString());
  console.log('main: goes on');
});
