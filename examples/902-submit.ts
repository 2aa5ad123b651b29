// `submit` gives a future: await it, or block until its result is there. What the task throws comes out of it.

import { ThreadPoolExecutor, main, task } from '@heddle/core';

export const power = task(import.meta, function power(base: number, exponent: number): number {
  if (exponent < 0) throw new RangeError('power: the exponent must not be negative');
  return base ** exponent;
});

main(import.meta, async () => {
  using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const future = pool.submit(power, 2, 10);
  console.log('blocked:', future.result(), future.done);
  console.log('awaited:', await pool.submit(power, 3, 3));
  const failed = pool.submit(power, 2, -1);
  console.log('error:  ', (failed.exception()!.error as Error).message);
  console.log(
    'limited:',
    String(await pool.submit({ target: power, args: [2, 3], timeout: 10_000, priority: -1 })),
  );
});
