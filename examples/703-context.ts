// Context that goes along into a thread: what an `AsyncLocalStorage` holds where the thread is started, it holds inside that thread too.

import { AsyncLocalStorage } from 'node:async_hooks';
import { Thread, main, shareContext, task } from '@heddle/core';

/** Each thread that imports this module has a storage of its own; the name says that they belong together. */
const request = shareContext('request', new AsyncLocalStorage<{ id: number }>());

function log(line: string): void {
  console.log(`[request ${request.getStore()?.id ?? '-'}] ${line}`);
}

export const work = task(import.meta, function work() {
  log('works'); // nobody passed the request on
});

main(import.meta, async () => {
  await request.run({ id: 7 }, async () => {
    log('starts a thread');
    await new Thread(work).start().joinAsync();
  });
  await request.run({ id: 8 }, async () => {
    await new Thread(work, { context: 'empty' }).start().joinAsync();
    await new Thread(work, { context: { request: { id: 9 } } }).start().joinAsync();
  });
  log('has no request');
});
