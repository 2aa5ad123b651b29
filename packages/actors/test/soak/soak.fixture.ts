/** Actors for `soak.ts`. */
import { actor } from '../../src/index.ts';
import type { ActorRef, Context, Reply } from '../../src/index.ts';

export type Order =
  | { type: 'add'; n: number; reply: Reply<number> }
  | { type: 'put'; n: number }
  | { type: 'exit' };

export const adder = actor(
  import.meta,
  function adder(_context: Context<Order>) {
    let sum = 0;
    return (order: Order) => {
      if (order.type === 'exit') process.exit(1);
      sum += order.n;
      if (order.type === 'add') order.reply.tell(order.n);
    };
  },
  { mailbox: { capacity: 64, whenFull: 'block' } },
);

/** Hands each number on, with a pause before some: meanwhile those that follow wait in its thread's own memory. */
export const relay = actor(
  import.meta,
  function relay(_context: Context<number>, lane: number, sink: ActorRef<readonly [number, number]>) {
    return (n: number): unknown => {
      if (n === EXIT) process.exit(1);
      if (n % 50 !== 0) return sink.tell([lane, n]);
      return new Promise<void>(resolve => setTimeout(resolve, 1)).then(() => sink.tell([lane, n]));
    };
  },
);

/** Ends the thread. */
export const EXIT = -1;
