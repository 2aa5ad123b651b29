/** Actors that need the event loop of their thread while messages for others keep coming. */
import { readFile } from 'node:fs/promises';
import { actor } from '../src/index.ts';
import type { Context, Reply } from '../src/index.ts';

export const echo = actor(import.meta, function echo(_context: Context<{ n: number; reply: Reply<number> }>) {
  return ({ n, reply }: { n: number; reply: Reply<number> }) => reply.tell(n);
});

type Wish =
  | { type: 'timer'; reply: Reply<number> }
  | { type: 'file'; reply: Reply<number> }
  | { type: 'promises'; reply: Reply<number> };

/** Answers with the milliseconds that it took. */
export const loopUser = actor(import.meta, function loopUser(_context: Context<Wish>) {
  return async ({ type, reply }: Wish) => {
    const start = performance.now();
    if (type === 'timer') await new Promise(resolve => setTimeout(resolve, 10));
    else if (type === 'file') await readFile(new URL(import.meta.url));
    else for (let n = 0; n < 100; n++) await Promise.resolve();
    reply.tell(performance.now() - start);
  };
});
