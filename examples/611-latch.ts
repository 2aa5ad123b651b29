// A latch that opens when it was counted down three times: the main thread opens the shop when all services are up.

import { CountDownLatch, Thread, main, task } from '@heddle/core';

export const startService = task(import.meta, function startService(name: string, up: CountDownLatch) {
  console.log(`${name} is up`);
  up.countDown();
});

main(import.meta, async () => {
  const up = new CountDownLatch(3);
  console.log('still to come:', up.count);
  for (const name of ['database', 'cache', 'mail']) new Thread(startService, { args: [name, up] }).start();
  await up.waitAsync();
  console.log('open for business, still to come:', up.count);
});
