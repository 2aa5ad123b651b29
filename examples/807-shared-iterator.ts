// Threads that go through one sequence together: each item goes to exactly one of them, and nobody hands out work.

import { SharedIterator, Thread, main, task } from '@heddle/core';

export const work = task(import.meta, function work(pages: SharedIterator<string>) {
  let letters = 0;
  let taken = 0;
  for (const page of pages) {
    taken++;
    letters += page.length;
  }
  return { taken, letters };
});

main(import.meta, async () => {
  const pages = new SharedIterator(Array.from({ length: 1000 }, (_, n) => 'x'.repeat(n % 10)));
  const threads = [1, 2, 3].map(() => new Thread(work, { args: [pages] }).start());
  const shares = await Promise.all(threads.map(thread => thread.resultAsync()));
  console.log(
    'pages:',
    shares.reduce((sum, { taken }) => sum + taken, 0),
  );
  console.log(
    'letters:',
    shares.reduce((sum, { letters }) => sum + letters, 0),
  );
  console.log('left:', pages.remaining);
});
