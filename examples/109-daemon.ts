// The program ends when its ordinary threads have ended, and takes the daemons with it, wherever they are.

import { Event, Thread, main, sleep, task } from '@heddle/core';

export const serve = task(import.meta, function serve(running: Event, never: Event) {
  console.log('daemon: waits for ever');
  running.set();
  never.wait();
  console.log('daemon: this is never printed');
});

export const save = task(import.meta, function save(mainIsThrough: Event) {
  mainIsThrough.wait();
  sleep(50);
  console.log('ordinary thread: has saved everything');
});

main(import.meta, async () => {
  const running = new Event();
  const daemon = new Thread(serve, { args: [running, new Event()], daemon: true }).start();
  await running.waitAsync();
  // A daemon can be joined as any thread. This one would keep us waiting for ever.
  console.log('main: daemon finished:', await daemon.joinAsync({ timeout: 100 }));

  const mainIsThrough = new Event();
  new Thread(save, { args: [mainIsThrough] }).start();
  console.log('main: has nothing more to do');
  mainIsThrough.set();
});
