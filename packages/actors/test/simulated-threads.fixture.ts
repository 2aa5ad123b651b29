/** Actors for simulated threads, declared as for real ones. */
import { actor, behavior, describeReason } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';

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
