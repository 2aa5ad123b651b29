// A thread's name: by default a number and the function's name, else what the constructor or the property says.

import { Thread, currentThread, main, task } from '@heddle/core';

export const work = task(import.meta, function work() {
  return currentThread().name;
});

main(import.meta, async () => {
  const numbered = new Thread(work);
  const named = new Thread(work, { name: 'librarian' });
  const renamed = new Thread(work);
  renamed.name = 'archivist';

  for (const thread of [numbered, named, renamed]) {
    console.log(`${thread.name} calls itself ${await thread.start().resultAsync()}`);
  }
});
