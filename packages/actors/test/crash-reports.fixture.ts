/** Actors that fail in each way there is, and some that wait for a stop. */
import { actor, dedicated } from '../src/index.ts';
import type { ActorRef, Context, DedicatedContext, Reply } from '../src/index.ts';

export type Order =
  | { readonly type: 'fail' | 'exit' | 'failLater' | 'burn' }
  | { readonly type: 'ping'; readonly reply: Reply<string> };

export const frail = actor(import.meta, function frail(_context: Context<Order>) {
  return (order: Order): unknown => {
    switch (order.type) {
      case 'fail':
        throw new RangeError('as told');
      case 'exit':
        return process.exit(3);
      case 'failLater':
        setTimeout(() => {
          throw new TypeError('later');
        }, 1);
        return undefined;
      case 'burn':
        for (;;);
      default:
        return order.reply.tell('pong');
    }
  };
});

export const frailDigger = dedicated(
  import.meta,
  function frailDigger(context: DedicatedContext<Order>, failsAtOnce = false) {
    if (failsAtOnce) throw new SyntaxError('at once');
    for (const order of context) {
      if (order.type === 'ping') order.reply.tell('pong');
      else if (order.type === 'exit') process.exit(3);
      else throw new RangeError('as told');
    }
    throw new TypeError('when it was to end');
  },
);

/** Fetches what never comes. */
export const fetcher = dedicated(
  import.meta,
  async function fetcher(context: DedicatedContext<string>, log: ActorRef<string>) {
    for (const url of context) {
      log.tell('begun');
      try {
        await fetch(url, { signal: context.stopSignal });
      } catch (error) {
        log.tell((error as Error).name);
      }
    }
    log.tell(`aborted: ${context.stopSignal.aborted}`);
  },
);
