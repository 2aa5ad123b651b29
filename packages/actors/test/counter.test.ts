import { expect, expectTypeOf, test } from 'vitest';
import { ActorDiedError, ActorSystem, actor, behavior, exit, next } from '../src/index.ts';
import type { ActorRef, Context, Reply, Report } from '../src/index.ts';

type Message =
  | { readonly type: 'add'; readonly by: number }
  | { readonly type: 'fail'; readonly error: Error }
  | { readonly type: 'get'; readonly reply: Reply<number> };

export const closureCounter = actor(
  import.meta,
  function closureCounter(_context: Context<Message>, start: number) {
    let count = start;
    return (message: Message) => {
      if (message.type === 'add') count += message.by;
      else if (message.type === 'fail') throw message.error;
      else message.reply.tell(count);
    };
  },
);

export const stateCounter = actor(
  import.meta,
  function stateCounter(_context: Context<Message>, start: number) {
    return behavior({
      state: start,
      receive(count: number, message: Message) {
        if (message.type === 'add') return count + message.by;
        if (message.type === 'fail') throw message.error;
        message.reply.tell(count);
        return count;
      },
    });
  },
);

test.each([closureCounter, stateCounter])('$name counts what it is told, and answers', async counter => {
  await using system = new ActorSystem();
  const ref = system.spawn(counter, { args: [40] });
  ref.tell({ type: 'add', by: 1 });
  ref.tell({ type: 'add', by: 1 });
  const answer = ref.ask({ type: 'get' });
  expectTypeOf(answer).toEqualTypeOf<Promise<number>>();
  expect(await answer).toBe(42);
});

test.each([closureCounter, stateCounter])(
  '$name ends by its error, and who asks hears why',
  async counter => {
    const reports: Report[] = [];
    await using system = new ActorSystem({ report: report => reports.push(report) });
    const ref = system.spawn(counter, { args: [0], name: 'counter' });
    const error = new RangeError('too much');
    const stopped = ref.whenStopped();
    ref.tell({ type: 'fail', error });
    const asked = ref.ask({ type: 'get' });
    await expect(asked).rejects.toThrow(ActorDiedError);
    expect(await stopped).toEqual(exit.error(error));
    await expect(ref.ask({ type: 'get' })).rejects.toThrow('ask /counter: the actor has ended (noproc)');
    expect(reports).toEqual([
      {
        type: 'crash',
        path: '/counter',
        reason: exit.error(error),
        message: 'fail',
        restarts: 0,
        directive: 'stop',
      },
    ]);
  },
);

test('restarts in place: same ref, new state, mailbox kept', async () => {
  const reports: Report[] = [];
  await using system = new ActorSystem({ report: report => reports.push(report) });
  const ref = system.spawn(closureCounter, { args: [10], onError: [[RangeError, 'restart']] });
  ref.tell({ type: 'add', by: 5 });
  ref.tell({ type: 'fail', error: new RangeError('once') });
  ref.tell({ type: 'add', by: 1 });
  expect(await ref.ask({ type: 'get' })).toBe(11);
  expect(reports.map(({ type }) => type)).toEqual(['crash', 'restarted']);
});

test('a ref of an actor that understands more stands for one that must understand less, not the reverse', () => {
  expectTypeOf<ActorRef<'a' | 'b'>>().toExtend<ActorRef<'a'>>();
  expectTypeOf<ActorRef<'a'>>().not.toExtend<ActorRef<'a' | 'b'>>();
});

test.each<[object, RegExp]>([
  [
    { arg: [1] },
    /^spawn closureCounter: there is no option "arg"; there are args, name, watch, link, mailbox/,
  ],
  [{ args: [1], placement: 'thread' }, /^spawn closureCounter: placement must be .*, got thread \(string\)/],
  [
    { args: [1], placement: { kee: 1 } },
    /^spawn closureCounter: placement must be .*, got {"kee":1} \(object\)/,
  ],
])('spawn with %o is refused, naming what is wrong', (options, message) => {
  const system = new ActorSystem({ threads: 0 });
  expect(() => system.spawn(closureCounter, options as never)).toThrow(message);
});

test('next.stop ends the actor, and what waits becomes dead letters', async () => {
  await using system = new ActorSystem({ report: () => {} });
  const letters: unknown[] = [];
  system.deadLetters.subscribe(({ message, reason }) => letters.push([message, reason]));
  const ref = system.spawn(
    (_context: Context<string>) => (message: string) => message === 'stop' && next.stop(),
  );
  const stopped = ref.whenStopped();
  for (const message of ['go', 'stop', 'late', 'later']) ref.tell(message);
  expect(await stopped).toEqual(exit.normal);
  expect(letters).toEqual([
    ['late', 'stopped'],
    ['later', 'stopped'],
  ]);
});

test('stopping the system drains mailboxes, last started first', async () => {
  const trace: string[] = [];
  const system = new ActorSystem();
  const spawn = (name: string): ActorRef<string> =>
    system.spawn(
      (_context: Context<string>) =>
        behavior({
          async receive(message: string) {
            await Promise.resolve();
            trace.push(`${name} ${message}`);
          },
          stopped: reason => trace.push(`${name} stopped: ${reason.type}`),
        }),
      { name },
    );
  const [first, second] = [spawn('first'), spawn('second')];
  for (const n of [1, 2]) for (const ref of [first, second]) ref.tell(String(n));
  await system.stop();
  expect(trace.filter(line => line.startsWith('first'))).toEqual([
    'first 1',
    'first 2',
    'first stopped: shutdown',
  ]);
  expect(trace.filter(line => line.startsWith('second'))).toEqual([
    'second 1',
    'second 2',
    'second stopped: shutdown',
  ]);
  expect(trace.indexOf('second stopped: shutdown')).toBeLessThan(trace.indexOf('first stopped: shutdown'));
});
