/** Actors for simulated threads, declared as for real ones. */
import { actor, behavior, describeReason, next } from '../src/index.ts';
import type { ActorRef, Context, ExitReason, Reply } from '../src/index.ts';

/** Tells what it gets, and where it runs. */
export const echo = actor(import.meta, function echo(context: Context<number>, sink: ActorRef<string>) {
  return (n: number) => sink.tell(`${context.path.slice(1)} ${n}`);
});

/** As `echo`, with a pause in the midst of each. */
export const slow = actor(import.meta, function slow(context: Context<number>, sink: ActorRef<string>) {
  return async (n: number) => {
    await new Promise<void>(resolve => setImmediate(resolve));
    sink.tell(`${context.path.slice(1)} ${n}`);
  };
});

export const ticker = actor(import.meta, function ticker(context: Context<'tick'>, sink: ActorRef<string>) {
  context.timers.every('tick', 1000, 'tick');
  return () => sink.tell('tick');
});

/** Hands each on, and answers what it is asked. */
export const relay = actor(
  import.meta,
  function relay(_context: Context<number | Question>, to: ActorRef<number>) {
    return (message: number | Question) => {
      if (typeof message === 'number') to.tell(message);
      else message.reply.tell(message.n);
    };
  },
);

export interface Question {
  readonly n: number;
  readonly reply: Reply<number>;
}

/** Fails when told to; hands on numbers, and answers questions. */
export const fragile = actor(
  import.meta,
  function fragile(_context: Context<number | 'fail' | Question>, to: ActorRef<number>) {
    return (message: number | 'fail' | Question) => {
      if (message === 'fail') throw new RangeError('as told');
      if (typeof message === 'number') to.tell(message);
      else message.reply.tell(message.n);
    };
  },
);

/** Its parent fails with it. */
export const escalating = actor(
  import.meta,
  function escalating(_context: Context<string>) {
    return () => {
      throw new RangeError('as told');
    };
  },
  { onError: [[RangeError, 'escalate']] },
);

/** Hands on what it gets, and takes `ms` to end. */
export const lingering = actor(
  import.meta,
  function lingering(context: Context<string>, to: ActorRef<string>, ms: number) {
    return behavior<string>({
      receive: text => to.tell(text),
      async stopped(reason) {
        await new Promise<void>(resolve => void context.cell.dispatcher.after(ms, resolve));
        to.tell(`stopped: ${describeReason(reason)}`);
      },
    });
  },
);

/** Has a child beside it that takes long to end, and gives its ref away. */
export const keeper = actor(
  import.meta,
  function keeper(context: Context<never>, refs: ActorRef<ActorRef<string>>, sink: ActorRef<string>) {
    refs.tell(context.spawn(lingering, { args: [sink, 60_000], shutdown: 300 }));
    return () => {};
  },
);

export type Order =
  | { readonly do: 'watch' | 'unwatchLast' | 'link' | 'unlink'; readonly to: ActorRef<never> }
  | { readonly do: 'exit'; readonly to: ActorRef<never>; readonly reason: ExitReason }
  | { readonly do: 'trap' | 'fail' }
  | { readonly do: 'stop'; readonly reason: ExitReason };

/** Does as it is told, and tells the signals that come. */
export const puppet = actor(import.meta, function puppet(context: Context<Order>, to: ActorRef<string>) {
  let watch = 0;
  return behavior<Order>({
    receive(order) {
      switch (order.do) {
        case 'watch':
          watch = context.watch(order.to);
          return undefined;
        case 'unwatchLast':
          return void context.unwatch(watch);
        case 'link':
          return context.link(order.to);
        case 'unlink':
          return context.unlink(order.to);
        case 'exit':
          return context.exit(order.to, order.reason);
        case 'trap':
          return void (context.trapExit = true);
        case 'stop':
          return next.stop(order.reason);
        default:
          throw new RangeError('as told');
      }
    },
    signal(signal) {
      if (signal.type !== 'receiveTimeout')
        to.tell(`${context.name}: ${signal.type} of ${signal.ref.path}: ${describeReason(signal.reason)}`);
    },
  });
});

/** Can't be set up. */
export const unable = actor(import.meta, function unable(_context: Context<never>): () => void {
  throw new RangeError('cannot');
});

export interface Worded {
  readonly text: string;
  readonly reply?: Reply<string>;
}

/** Uses both addresses of an actor, and hands on what the second answers. */
export const pair = actor(
  import.meta,
  async function pair(
    _context: Context<never>,
    first: ActorRef<{ readonly n: number }>,
    second: ActorRef<Worded>,
    to: ActorRef<string>,
  ) {
    first.tell({ n: 1 });
    second.tell({ text: 'three' });
    await second.send({ text: 'two' });
    to.tell(await second.ask({ text: 'four' }));
    return () => {};
  },
);
