// What a thread returns or throws comes out of `result()`: no field, queue or callback is needed to bring it home.

import { Thread, main, task } from '@heddle/core';

export const sum = task(import.meta, function sum(numbers: number[]) {
  if (numbers.length === 0) throw new RangeError('sum: there is nothing to add');
  return { total: numbers.reduce((a, b) => a + b), terms: numbers.length };
});

main(import.meta, async () => {
  const thread = new Thread(sum, { args: [[1, 2, 3, 4]] }).start();
  console.log('awaited:', await thread.resultAsync()); // the main thread goes on with other things meanwhile
  console.log('blocked:', thread.result()); // waits if it must, and may be asked again

  const hopeless = new Thread(sum, { args: [[]], name: 'hopeless' }).start();
  console.log('joined: ', await hopeless.joinAsync()); // joining says that it has ended, not how
  try {
    await hopeless.resultAsync();
  } catch (error) {
    console.log('thrown: ', error instanceof RangeError, (error as Error).message);
  }
});
