// A function that runs in a thread of its own, with arguments.

import { Thread, main, task } from '@heddle/core';

// Declared at module level, so that the thread finds it when it imports this file.
export const greet = task(import.meta, function greet(name: string, times: number) {
  for (let n = 1; n <= times; n++) console.log(`thread: hello ${name}, ${n}`);
});

// Runs only where the program began, not in the threads.
main(import.meta, async () => {
  const thread = new Thread(greet, { args: ['world', 3] });
  thread.start();
  await thread.joinAsync();
  console.log('main: the thread has finished');
});
