/** Behaviours by themselves: their effects as values. */
import { expect, test } from 'vitest';
import { Topic, behavior, exit, next } from '../src/index.ts';
import type { ActorRef, Context, Reply } from '../src/index.ts';
import { BehaviorKit } from '../src/testkit/index.ts';

type Message =
  | { readonly type: 'open'; readonly to: ActorRef<string> }
  | { readonly type: 'item'; readonly text: string }
  | { readonly type: 'count'; readonly reply: Reply<number> }
  | { readonly type: 'fail' }
  | { readonly type: 'close' };

function child(_context: Context<string>, _size: number) {
  return () => {};
}

const items = new Topic<string>('items');

/** Stashes items until it is opened; then passes them on, under a timer. */
function gate(context: Context<Message>, patience: number) {
  let count = 0;
  context.timers.after('patience', patience, { type: 'close' });
  const open = (to: ActorRef<string>) => (message: Message) => {
    if (message.type === 'item') {
      count += 1;
      to.tell(message.text);
      context.events.publish(items, message.text);
      return undefined;
    }
    if (message.type === 'count') return message.reply.tell(count);
    if (message.type === 'fail') throw new RangeError('as told');
    return message.type === 'close' ? next.stop() : next.unhandled();
  };
  return behavior<Message>({
    receive(message) {
      if (message.type !== 'open') return context.stash(message);
      const worker = context.spawn(child, { args: [7], name: 'worker', watch: true });
      worker.tell('hello');
      context.timers.cancel('patience');
      context.unstashAll();
      return next.become(open(message.to));
    },
  });
}

test('what a behaviour does is a list of values', async () => {
  const kit = await BehaviorKit.start(gate, { args: [500] });
  expect(kit.takeEffects()).toEqual([
    { type: 'timerStarted', key: 'patience', kind: 'after', when: 500, message: { type: 'close' } },
  ]);
  const item = { type: 'item', text: 'one' } as const;
  expect(await kit.run(item)).toEqual([{ type: 'stashed', message: item }]);
  const out = kit.inbox<string>('out');
  expect(await kit.run({ type: 'open', to: out })).toEqual([
    { type: 'spawned', path: '/gate/worker', actor: child, args: [7] },
    { type: 'watched', path: '/gate/worker', watch: 1 },
    { type: 'told', path: '/gate/worker', message: 'hello' },
    { type: 'timerCancelled', key: 'patience' },
    { type: 'unstashed', messages: [item] },
    { type: 'became', behavior: expect.any(Function) },
    { type: 'told', path: '/out', message: 'one' },
    { type: 'told', path: '/system:events', message: { type: 'publish', topic: 'items', event: 'one' } },
  ]);
  expect(await kit.ask({ type: 'count' })).toEqual([{ type: 'replied', value: 1 }]);
  expect(await kit.run({ type: 'open', to: out })).toMatchObject([{ type: 'unhandled' }]);
  expect(await kit.run({ type: 'close' })).toEqual([{ type: 'stopped', reason: exit.normal }]);
  expect(kit.ended).toEqual(exit.normal);
  await expect(kit.run({ type: 'close' })).rejects.toThrow(/gate has ended \(normal\)/);
});

test('timers without a key are effects too, by what sendAfter returned', async () => {
  const kit = await BehaviorKit.start(({ timers }: Context<'late' | 'answer' | 'end'>) => {
    const limits = [timers.sendAfter(500, 'late'), timers.sendAfter(800, 'late')];
    return message => {
      if (message === 'end') timers.cancelAll();
      else expect([timers.cancelTimer(limits[0]!), timers.cancelTimer(limits[0]!)]).toEqual([true, false]);
    };
  });
  await kit.run('answer');
  await kit.run('end');
  expect(kit.effects).toEqual([
    { type: 'timerStarted', key: 1, kind: 'sendAfter', when: 500, message: 'late' },
    { type: 'timerStarted', key: 2, kind: 'sendAfter', when: 800, message: 'late' },
    { type: 'timerCancelled', key: 1 },
    { type: 'timerCancelled', key: 1 },
    { type: 'timerCancelled', key: 2 },
  ]);
});

test('what it throws is a failure, and its end', async () => {
  const kit = await BehaviorKit.start(gate, { args: [500] });
  await kit.run({ type: 'open', to: kit.inbox('out') });
  expect(await kit.run({ type: 'fail' })).toMatchObject([
    { type: 'failed', error: expect.any(RangeError) },
    { type: 'stopped', reason: { type: 'error' } },
  ]);
  const broken = await BehaviorKit.start(() => {
    throw new SyntaxError('no');
  });
  expect(broken.effects).toMatchObject([{ type: 'failed', error: expect.any(SyntaxError) }]);
});

test('an async handler waits for the answer that the test gives', async () => {
  type Double = { readonly type: 'double'; readonly n: number; readonly reply: Reply<number> };
  const outside = await BehaviorKit.start((_context: Context<never>) => () => {});
  const other = outside.inbox<Double>('other');
  const kit = await BehaviorKit.start(
    (_context: Context<number>) =>
      behavior({
        state: 0,
        receive: async (sum: number, n: number) => sum + (await other.ask({ type: 'double', n })),
        signal: (sum: number, signal) => (signal.type === 'down' ? sum + 1000 : undefined),
      }),
    { name: 'sum' },
  );
  const running = kit.run(4);
  const [asked] = outside.takeEffects();
  expect(asked).toMatchObject({ type: 'asked', path: '/other', question: { type: 'double', n: 4 } });
  if (asked?.type === 'asked') asked.reply.tell(8);
  await running;
  expect(kit.state).toBe(8);
  await kit.signal({ type: 'down', ref: other as ActorRef<never>, reason: exit.killed, watch: 1 });
  expect(kit.state).toBe(1008);
  expect(await kit.stop()).toEqual([{ type: 'stopped', reason: exit.shutdown }]);
});

test('next.ignore and next.started are effects', async () => {
  expect((await BehaviorKit.start(() => next.ignore())).effects).toEqual([{ type: 'ignored' }]);
  const made = await BehaviorKit.start((_context: Context<string>) => next.started(() => {}, 42));
  expect(made.effects).toEqual([{ type: 'started', info: 42 }]);
});

test('a signal may be the end: the hook runs, and it is an effect', async () => {
  const ends: string[] = [];
  const kit = await BehaviorKit.start(
    (context: Context<string>, other: ActorRef<never>) => {
      context.watch(other);
      context.watch(other, 'it is over');
      return behavior<string>({
        receive: text => void context.unwatch(text === 'first' ? 1 : 2),
        signal: ({ type }) => (type === 'down' ? next.stop() : undefined),
        stopped: reason => void ends.push(reason.type),
      });
    },
    { args: [(await BehaviorKit.start((_context: Context<never>) => () => {})).inbox<never>('other')] },
  );
  expect(kit.takeEffects()).toEqual([
    { type: 'watched', path: '/other', watch: 1 },
    { type: 'watched', path: '/other', watch: 2, message: 'it is over' },
  ]);
  const down = { type: 'down', ref: kit.inbox<never>('other'), reason: exit.killed, watch: 1 } as const;
  expect(await kit.signal(down)).toEqual([{ type: 'stopped', reason: exit.normal }]);
  expect([ends, kit.ended]).toEqual([['normal'], exit.normal]);
  await expect(kit.run('more')).rejects.toThrow('has ended (normal)');
});

test('what the real context refuses, or says is over, this one does as well', async () => {
  const said: unknown[] = [];
  const kit = await BehaviorKit.start(
    (context: Context<ActorRef<never>>) => {
      const watch = context.watch(context.self);
      return other => {
        said.push(context.unwatch(watch), context.unwatch(watch));
        void context.stop(other);
      };
    },
    { name: 'strict' },
  );
  expect(await kit.run(kit.inbox<never>('other'))).toMatchObject([
    { type: 'unwatched' },
    { type: 'unwatched' },
    {
      type: 'failed',
      error: { message: '/strict: stop() is for children; /other is none. Use exit(), or ask its parent' },
    },
    { type: 'stopped' },
  ]);
  expect(said).toEqual([true, false]);
});
