// Log lines that carry the thread's name: the logger is the user's own, pino here, and asks `currentThread()`.

import { pino } from 'pino';
import { Thread, currentThread, main, task } from '@heddle/core';

// Each thread imports this file, and so has a logger of its own.
const log = pino({ base: null, timestamp: false, mixin: () => ({ thread: currentThread().name }) });

export const brew = task(import.meta, function brew(drink: string) {
  log.info({ drink }, 'brewing');
});

main(import.meta, async () => {
  const threads = ['coffee', 'tea'].map(drink => new Thread(brew, { args: [drink], name: `${drink} maker` }));
  log.info('opening');
  for (const thread of threads) thread.start();
  for (const thread of threads) await thread.joinAsync();
  log.info('closing');
});
