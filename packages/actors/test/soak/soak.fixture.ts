/** Actors for `soak.ts`. */
import { actor } from '../../src/index.ts';
import type { Context, Reply } from '../../src/index.ts';

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
