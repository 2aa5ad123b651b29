// What can be asked of a thread before, while and after it runs: `ident`, `nativeId` and `alive`.

import { Event, Thread, getIdent, main, task } from '@heddle/core';

export const work = task(import.meta, function work(running: Event, end: Event) {
  running.set();
  end.wait();
  return getIdent();
});

function show(when: string, thread: Thread): void {
  console.log(
    `${when}: alive ${thread.alive}, ident ${thread.ident}, native id ${typeof thread.nativeId}, ${thread.toString()}`,
  );
}

main(import.meta, async () => {
  const running = new Event();
  const end = new Event();
  const thread: Thread = new Thread(work, { args: [running, end], name: 'worker' });
  show('before', thread);
  thread.start();
  await running.waitAsync();
  show('during', thread);
  end.set();
  await thread.joinAsync();
  show('after', thread);
  console.log('it saw the same ident itself:', thread.result() === thread.ident);
});
