/** Actors for `inspect.test.ts`. */
import { Event } from '@heddle/core';
import { actor } from '../src/index.ts';
import type { Context, Reply } from '../src/index.ts';

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
