/** Actors for `credit.test.ts`, which are imported on other threads. */
import { actor } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';

export type Taken = number | { readonly question: true; readonly reply: Reply<string> };

export const taker = actor(
  import.meta,
  function taker(_context: Context<Taken>) {
    return (message: Taken) => {
      if (typeof message === 'object') message.reply.tell('here');
    };
  },
  { mailbox: { capacity: 100, whenFull: 'block' } },
);

export type Riddle = 'answer the oldest' | { readonly n: number; readonly reply: Reply<number> };

/** Answers each question with its number, when it is told to. */
export const oracle = actor(import.meta, function oracle(_context: Context<Riddle>) {
  const kept: { readonly n: number; readonly reply: Reply<number> }[] = [];
  return (riddle: Riddle) => {
    if (riddle === 'answer the oldest') {
      const { n, reply } = kept.shift()!;
      reply.tell(n);
    } else kept.push(riddle);
  };
});

/** Asks the oracle, and tells what it asked and was answered. */
export const asker = actor(
  import.meta,
  function asker(_context: Context<number>, of: ActorRef<Riddle>, sink: ActorRef<readonly [number, number]>) {
    return async (n: number) => sink.tell([n, await of.ask({ n }, { timeout: Infinity })]);
  },
);
