/** Dedicated actors that ask and send; their module is imported on their threads. */
import { Event } from '@heddle/core';
import { actor, dedicated } from '../src/index.ts';
import type { ActorRef, BlockingOptions, Context, DedicatedContext, Reply } from '../src/index.ts';

export type Riddle = { readonly n: number; readonly reply: Reply<number> };

/** What is to be done: `ask` and `send` block; the reply is what came of it. */
export type Task =
  | {
      readonly type: 'ask';
      readonly to: ActorRef<Riddle>;
      readonly n: number;
      readonly options?: BlockingOptions;
      readonly reply: Reply<number>;
    }
  | {
      readonly type: 'send';
      readonly to: ActorRef<number>;
      readonly n: number;
      readonly options?: BlockingOptions;
      readonly reply: Reply<string>;
    }
  | { readonly type: 'misuse'; readonly to: ActorRef<unknown>; readonly reply: Reply<readonly string[]> };

/** Does as it is told, and says how it failed. */
export const worker = dedicated(import.meta, function worker(context: DedicatedContext<Task>) {
  for (const task of context) {
    try {
      if (task.type === 'ask') task.reply.tell(context.ask(task.to, { n: task.n }, task.options));
      else if (task.type === 'send') {
        context.send(task.to, task.n, task.options);
        task.reply.tell('sent');
      } else task.reply.tell(misuse(context, task.to as ActorRef<never>));
    } catch (error) {
      task.reply.fail(error);
    }
  }
});

function misuse(context: DedicatedContext<Task>, to: ActorRef<never>): string[] {
  const texts: string[] = [];
  const wrongly = (action: () => unknown): void => {
    try {
      texts.push(`no error: ${String(action())}`);
    } catch (error) {
      texts.push(String(error));
    }
  };
  wrongly(() => context.ask({} as never, {} as never));
  wrongly(() => context.ask(to, 'why' as never));
  wrongly(() => context.ask(to, { n: () => 1 } as never));
  wrongly(() => context.ask(to, {} as never, { timeout: -1 }));
  wrongly(() => context.send(to, Symbol('x') as never));
  wrongly(() => context.send(to, 1 as never, { timeout: '5' as never }));
  // As everywhere: a dead letter, and not thrown at the sender.
  wrongly(() => to.tell({ n: () => 1 } as never));
  return texts;
}

/** Waits for room while nothing else can go on anywhere, and says when it has given up. */
export const impatient = dedicated(
  import.meta,
  function impatient(
    context: DedicatedContext<never>,
    to: ActorRef<number>,
    begun: Event,
    go: Event,
    over: Event,
  ) {
    try {
      begun.set();
      go.wait({ timeout: 60_000 });
      context.send(to, 7, { timeout: 30 });
    } catch {
      over.set();
    }
    context.receive();
  },
);

/** Asks and sends by promises, several at once, and is done. */
export const promising = dedicated(
  import.meta,
  async function promising(
    _context: DedicatedContext<never>,
    oracle: ActorRef<Riddle>,
    sink: ActorRef<unknown>,
    nobody: ActorRef<Riddle>,
  ) {
    const answers = await Promise.all([1, 2, 3].map(n => oracle.ask({ n })));
    await sink.send(answers);
    const aborted = new AbortController();
    const failures = await Promise.all([
      oracle.ask({ n: -1 }, { timeout: 10 }).catch(String),
      nobody.ask({ n: 1 }).catch(String),
      Promise.resolve().then(() => {
        const asked = oracle.ask({ n: -2 }, { signal: aborted.signal });
        aborted.abort(new Error('enough'));
        return asked.catch(String);
      }),
    ]);
    await sink.send(failures);
  },
);

/** Waits for an answer that nobody gives, until it is asked to stop. */
export const waiting = dedicated(
  import.meta,
  function waiting(context: DedicatedContext<never>, oracle: ActorRef<Riddle>, sink: ActorRef<string>) {
    try {
      context.ask(oracle, { n: -1 }, { timeout: Infinity, untilStop: true });
    } catch (error) {
      sink.tell((error as Error).name);
    }
  },
);

/** Answers; a number below 0 only when the next comes. */
export const oracle = actor(import.meta, function oracle(_context: Context<Riddle>) {
  const late: Riddle[] = [];
  return (riddle: Riddle) => {
    if (riddle.n < 0) return void late.push(riddle);
    for (const each of late.splice(0)) each.reply.tell(each.n);
    riddle.reply.tell(riddle.n * 2);
    return undefined;
  };
});

/** Has room for one, and handles when the event is set. */
export const narrow = actor(
  import.meta,
  function narrow(_context: Context<number>, gate: Event, sink: ActorRef<number>) {
    return async (n: number) => {
      await gate.waitAsync();
      sink.tell(n);
    };
  },
  { mailbox: { capacity: 1, whenFull: 'block' } },
);
