/** Actors for `inspect.test.ts`. */
import type { Event, Semaphore } from '@heddle/core';
import { actor, dedicated } from '../src/index.ts';
import type { ActorRef, Context, DedicatedContext, Reply } from '../src/index.ts';

export type Order =
  | { type: 'work'; ms: number }
  | { type: 'fail' }
  | { type: 'spin'; until: Event }
  | { type: 'done'; reply: Reply<string> };

/** Works, fails, spins, and has a child of its own. */
export const worker = actor(
  import.meta,
  function worker(context: Context<Order>) {
    context.spawn(() => () => {}, { name: 'a child with a name that is longer than a record' });
    return (order: Order) => {
      if (order.type === 'fail') throw new RangeError('as told');
      else if (order.type === 'done') order.reply.tell(context.path);
      else if (order.type === 'spin') while (!order.until.isSet);
      else for (const end = performance.now() + order.ms; performance.now() < end;);
    };
  },
  { onError: [[RangeError, 'restart']] },
);

/** Handles one each time that the semaphore lets it; fails at a number below 0. */
export const digger = dedicated(
  import.meta,
  function digger(context: DedicatedContext<number>, gate: Semaphore) {
    for (const n of context) {
      gate.acquire();
      if (n < 0) throw new RangeError('as told');
    }
  },
);

/** Has a digger, and tells which. */
export const keeper = actor(
  import.meta,
  function keeper(context: Context<{ reply: Reply<ActorRef<number>> }>, gate: Semaphore) {
    const child = context.spawn(digger, { args: [gate], name: 'digger', shutdown: 'brutal' });
    return ({ reply }) => reply.tell(child);
  },
);

/** Fails, or ends its thread, when told to. */
export const mortal = actor(import.meta, function mortal(_context: Context<'fail' | 'exit' | 'work'>) {
  return (what: 'fail' | 'exit' | 'work') => {
    if (what === 'fail') throw new RangeError('as told');
    if (what === 'exit') process.exit(1);
  };
});
