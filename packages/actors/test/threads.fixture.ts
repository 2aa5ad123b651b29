/** Actors that run on other threads in the tests; their module is imported there. */
import { currentThread } from '@heddle/core';
import { actor, behavior, dedicated, next, objectActor } from '../src/index.ts';
import type { ActorRef, Context, DedicatedContext, Reply } from '../src/index.ts';

export type WorkerMessage =
  | { readonly type: 'add'; readonly n: number }
  | { readonly type: 'sum'; readonly reply: Reply<number> }
  | { readonly type: 'where'; readonly reply: Reply<string> }
  | { readonly type: 'path'; readonly reply: Reply<string> }
  | { readonly type: 'pass'; readonly to: ActorRef<string>; readonly text: string }
  | { readonly type: 'fail' }
  | { readonly type: 'exit' }
  | { readonly type: 'hang'; readonly reply: Reply<never> }
  | { readonly type: 'busy'; readonly ms: number }
  | { readonly type: 'stop' };

export const adder = actor(import.meta, function adder(context: Context<WorkerMessage>, start: number = 0) {
  let sum = start;
  return (message: WorkerMessage): unknown => {
    switch (message.type) {
      case 'add':
        sum += message.n;
        return undefined;
      case 'sum':
        return message.reply.tell(sum);
      case 'where':
        return message.reply.tell(currentThread().name);
      case 'path':
        return message.reply.tell(context.path);
      case 'pass':
        return message.to.tell(`${message.text} from ${context.path}`);
      case 'fail':
        throw new RangeError('as told');
      case 'exit':
        process.exit(3);
      case 'busy': {
        const until = performance.now() + message.ms;
        while (performance.now() < until);
        return undefined;
      }
      case 'stop':
        return next.stop();
      default:
        return undefined;
    }
  };
});

/** Fails the `nth` message, and tells where it collects in which order they came. */
export const recorder = actor(
  import.meta,
  function recorder(_context: Context<{ from: number; n: number }>, sink: ActorRef<string>) {
    return (message: { from: number; n: number }) => sink.tell(`${message.from}:${message.n}`);
  },
);

/** Sends `count` messages to an actor wherever that is. */
export const sender = actor(
  import.meta,
  function sender(
    _context: Context<never>,
    id: number,
    count: number,
    to: ActorRef<{ from: number; n: number }>,
  ) {
    for (let n = 0; n < count; n++) to.tell({ from: id, n });
    return () => {};
  },
);

/** Spawns a child on yet another thread, and hands out its ref. */
export const parent = actor(
  import.meta,
  function parent(context: Context<{ type: 'child'; reply: Reply<ActorRef<WorkerMessage>> }>, key: string) {
    const child = context.spawn(adder, { args: [100], name: 'child', placement: { key } });
    return behavior<{ type: 'child'; reply: Reply<ActorRef<WorkerMessage>> }>({
      receive: message => message.reply.tell(child),
    });
  },
);

/** Burns until it is told to stop, or for ever. */
export const burner = actor(
  import.meta,
  function burner(context: Context<'obey' | 'ignore'>, sink: ActorRef<string>) {
    return (message: 'obey' | 'ignore') => {
      sink.tell('burns');
      const { stopEvent } = context;
      // What was told is sent at the end of the turn, which won't come soon.
      context.cell.runtime.node!.outbox.flush();
      while (message === 'ignore' || !stopEvent.isSet);
      sink.tell('was told to stop');
    };
  },
);

/** An account as an object, for comlink. */
export const account = objectActor(import.meta, function account(_context: Context<never>, start: number) {
  let balance = start;
  return {
    currency: 'EUR',
    async withdraw(amount: number): Promise<number> {
      await Promise.resolve();
      if (amount > balance) throw new RangeError(`only ${balance} left`);
      balance -= amount;
      return balance;
    },
    async each(amounts: readonly number[], done: (left: number) => void): Promise<void> {
      for (const amount of amounts) done((balance -= amount));
    },
    die: (): never => process.exit(1),
  };
});

type Question = { readonly reply: Reply<number> };

/** As minifiers and bundlers leave them: two without a name, two of one name, and two with a thread of their own. */
export const alike = [
  actor(import.meta, (_context: Context<Question>) => message => message.reply.tell(0)),
  actor(import.meta, (_context: Context<Question>) => message => message.reply.tell(1)),
  actor(import.meta, function same(_context: Context<Question>) {
    return message => message.reply.tell(2);
  }),
  actor(import.meta, function same(_context: Context<Question>) {
    return message => message.reply.tell(3);
  }),
  dedicated(import.meta, (context: DedicatedContext<Question>) => {
    for (const message of context) message.reply.tell(4);
  }),
  dedicated(import.meta, (context: DedicatedContext<Question>) => {
    for (const message of context) message.reply.tell(5);
  }),
];
