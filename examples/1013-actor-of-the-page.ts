// An actor on a browser's main thread: the page is its state, and nobody else touches the document. What takes long is done by an actor on another thread.
// One file: in Node it serves itself to a browser without a window, and prints what the page says at the end.

import { ActorSystem, actor } from '@heddle/actors';
import type { ActorRef, Context, Reply } from '@heddle/actors';
import { main } from '@heddle/core';

type ForScreen = { type: 'show'; line: string } | { type: 'lines'; reply: Reply<string[]> };
type ForCounter = { below: number; reply: Reply<number> };

const inPage = typeof document !== 'undefined';

export const screen = actor(import.meta, function screen(_context: Context<ForScreen>) {
  const list = document.body.appendChild(document.createElement('ol'));
  return (message: ForScreen) => {
    if (message.type === 'show') {
      list.appendChild(document.createElement('li')).textContent = message.line;
    } else message.reply.tell([...list.children].map(item => item.textContent));
  };
});

export const counter = actor(
  import.meta,
  function counter(_context: Context<ForCounter>, shown: ActorRef<ForScreen>) {
    return ({ below, reply }: ForCounter) => {
      let primes = 0;
      for (let n = 2; n < below; n++) {
        let divisor = 2;
        while (divisor * divisor <= n && n % divisor !== 0) divisor += 1;
        if (divisor * divisor > n) primes += 1;
      }
      shown.tell({
        type: 'show',
        line: `${primes} primes below ${below}, by a ${inPage ? 'page' : 'thread'}`,
      });
      reply.tell(primes);
    };
  },
);

main(import.meta, async () => {
  if (!inPage) {
    const { showPage } = await import('./in-a-browser.ts');
    for (const line of await showPage('1013-actor-of-the-page.ts')) console.log(line);
    return;
  }
  const system = new ActorSystem({ threads: 1 });
  const shown = system.spawn(screen, { placement: 'main' });
  const counting = system.spawn(counter, { args: [shown], placement: 'leastLoaded' });
  let frames = 0;
  const frame = setInterval(() => (frames += 1), 5);
  for (const below of [10, 100, 1_000_000]) await counting.ask({ below }, { timeout: 60_000 });
  clearInterval(frame);
  shown.tell({ type: 'show', line: `the page went on meanwhile: ${frames > 5}` });
  const lines = await shown.ask({ type: 'lines' });
  await fetch('/shown', { method: 'POST', body: JSON.stringify(lines) });
});
