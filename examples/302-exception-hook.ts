// A hook of one's own hears of every error that threads don't catch, instead of standard error.

import { Event, Thread, main, setExceptHook, task } from '@heddle/core';

export const open = task(import.meta, function open(path: string) {
  throw new Error(`${path}: no such file`, { cause: { code: 'ENOENT' } });
});

main(import.meta, async () => {
  const heard = new Event();
  setExceptHook(({ error, thread }) => {
    const { message, cause } = error as Error;
    console.log(`hook: ${thread.name} failed: ${message}`, cause);
    heard.set();
  });

  new Thread(open, { args: ['/etc/nothing'], name: 'opener' }).start();
  await heard.waitAsync();
  console.log('main: goes on');
});
