/** Mailboxes, stash, adapters and timers. */
import { describe, expect, test } from 'vitest';
import { cron } from '../src/cron/index.ts';
import { behavior, next } from '../src/index.ts';
import type { ActorRef, Context, MailboxOptions, TimerRef } from '../src/index.ts';
import { InjectedCrash, TestSystem, seededRandom } from '../src/testkit/index.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

/** Fills a held mailbox, lets it go, and returns what arrived and what didn't. */
async function through(
  mailbox: MailboxOptions<Item>,
  items: readonly Item[],
): Promise<{ seen: string[]; dead: string[] }> {
  const kit = new TestSystem();
  const seen: string[] = [];
  const ref = kit.spawn((_context: Context<Item>) => (item: Item) => void seen.push(`${item.key}${item.n}`), {
    mailbox: mailbox as MailboxOptions,
  });
  await kit.settle();
  kit.hold(ref);
  for (const item of items) ref.tell(item);
  kit.release(ref);
  await kit.settle();
  return {
    seen,
    dead: kit.deadLetters.map(
      ({ message, reason }) => `${(message as Item).key}${(message as Item).n} ${reason}`,
    ),
  };
}

const items = (text: string): Item[] =>
  text.split(' ').map(word => ({ key: word[0]!, n: Number(word.slice(1)) }));

describe('a bounded mailbox has exactly its capacity', () => {
  test.each<[MailboxOptions<Item>, string, string, string[]]>([
    [{ capacity: 3 }, 'a1 a2 a3 a4 a5', 'a1 a2 a3', ['a4 mailboxFull', 'a5 mailboxFull']],
    [{ capacity: 3, whenFull: 'dropNew' }, 'a1 a2 a3 a4', 'a1 a2 a3', ['a4 dropped']],
    [{ capacity: 3, whenFull: 'dropOld' }, 'a1 a2 a3 a4 a5', 'a3 a4 a5', ['a1 dropped', 'a2 dropped']],
    [
      { capacity: 3, whenFull: 'latestByKey', key: item => item.key },
      'a1 b1 a2 c1 d1 b2',
      'a2 b2 c1',
      ['a1 superseded', 'd1 dropped', 'b1 superseded'],
    ],
    [{ priority: item => item.n }, 'a3 b1 c2 d1 e3', 'b1 d1 c2 a3 e3', []],
    [{ capacity: 2, whenFull: 'dropOld', priority: item => item.n }, 'a3 b1 c2', 'b1 c2', ['a3 dropped']],
  ])('%j', async (mailbox, input, seen, dead) => {
    expect(await through(mailbox, items(input))).toEqual({ seen: seen.split(' '), dead });
  });

  test('latestByKey: a message whose key changes while it waits takes none of the others along', async () => {
    const changing = { key: 'a', n: 1 };
    const kit = new TestSystem();
    const seen: string[] = [];
    const ref = kit.spawn((_context: Context<Item>) => (item: Item) => void seen.push(item.key + item.n), {
      mailbox: { capacity: 9, whenFull: 'latestByKey', key: (item: Item) => item.key } as MailboxOptions,
    });
    await kit.settle();
    ref.tell(changing);
    changing.key = 'b';
    await kit.settle();
    for (const item of items('c2 a3')) ref.tell(item);
    await kit.settle();
    expect(seen).toEqual(['b1', 'c2', 'a3']);
  });

  test('priority and key see the message itself in a tick, an adapted message and the result of a promise', async () => {
    const kit = new TestSystem();
    const seen: number[] = [];
    const ranked = new Set<unknown>();
    const failing: unknown[] = [];
    let open = (): void => {};
    const opened = new Promise<void>(resolve => (open = resolve));
    const ref = kit.spawn(
      (context: Context<Item>) => {
        context.timers.after('tick', 0, { key: 't', n: 2 });
        context.pipeToSelf(Promise.resolve(3), n => ({ key: 'p', n }));
        context.adapter<number>(n => ({ key: 'a', n })).tell(1);
        context
          .adapter<number>(() => {
            throw new RangeError('of the actor');
          })
          .tell(4);
        return opened.then(() => (item: Item) => void seen.push(item.n));
      },
      {
        onError: [[(error: unknown) => failing.push(error) > 0, 'resume']],
        mailbox: {
          priority(item: Item) {
            ranked.add(item.key);
            return item.n;
          },
        } as MailboxOptions,
      },
    );
    await kit.advance(1);
    open();
    await kit.settle();
    expect(ref.alive).toBe(true);
    expect(ranked).toEqual(new Set(['a', 't', 'p']));
    expect(seen).toEqual([1, 2, 3]);
    expect(failing).toEqual([new RangeError('of the actor')]);
  });

  test('a priority that is no number makes a dead letter, and disorders nothing', async () => {
    const { seen, dead } = await through(
      { priority: item => (item.n === 0 ? (undefined as unknown as number) : item.n) },
      items('a3 b0 c1 d2'),
    );
    expect({ seen, dead }).toEqual({ seen: ['c1', 'd2', 'a3'], dead: ['b0 faulty'] });
  });

  test('latestByKey across the growth of its ring and a random load', async () => {
    const random = seededRandom(7);
    const input = Array.from({ length: 3000 }, (_, n) => ({
      key: String.fromCodePoint(97 + Math.floor(random() * 26)),
      n,
    }));
    const { seen } = await through({ capacity: 100, whenFull: 'latestByKey', key: item => item.key }, input);
    const last = new Map(input.map(item => [item.key, `${item.key}${item.n}`]));
    expect(new Set(seen)).toEqual(new Set(last.values()));
    expect(seen.map(text => text[0])).toEqual([...new Set(input.map(item => item.key))]);
  });

  test('priority is stable among equals', async () => {
    const random = seededRandom(3);
    const input = Array.from({ length: 500 }, (_, index) => ({
      key: 'x',
      n: Math.floor(random() * 5) * 1000 + index,
    }));
    const { seen } = await through({ priority: item => Math.floor(item.n / 1000) }, input);
    const sorted = input.toSorted((a, b) => Math.floor(a.n / 1000) - Math.floor(b.n / 1000));
    expect(seen).toEqual(sorted.map(item => `x${item.n}`));
  });

  test('a priority function that throws is not thrown at the sender', async () => {
    const { seen, dead } = await through(
      {
        priority(item) {
          if (item.n === 2) throw new Error('priority');
          return 0;
        },
      },
      items('a1 a2 a3'),
    );
    expect({ seen, dead }).toEqual({ seen: ['a1', 'a3'], dead: ['a2 faulty'] });
  });

  test.each<[MailboxOptions, RegExp]>([
    [{ capacity: 0 }, /mailbox\.capacity must be a whole number from 1, got 0/],
    [{ whenFull: 'explode' as 'fail' }, /mailbox\.whenFull must be one of .*, got explode/],
    [{ capacity: 1, whenFull: 'latestByKey' }, /mailbox\.key must be a function/],
    [{ priority: 5 as unknown as () => number }, /mailbox\.priority must be a function, got 5/],
  ])('%j is refused', (mailbox, message) => {
    expect(() => new TestSystem().spawn(() => () => {}, { mailbox })).toThrow(message);
  });
});

describe('stash', () => {
  test('keeps order, and unstashing may change the behaviour midway', async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    const ref = kit.spawn((context: Context<string>) => {
      const closed = (message: string): unknown => {
        if (message !== 'open') return context.stash(message);
        context.unstashAll();
        return next.become(opened);
      };
      const opened = (message: string): unknown => {
        seen.push(message);
        return message === 'close' ? next.become(closed) : undefined;
      };
      return closed;
    });
    for (const message of ['a', 'close', 'b', 'open', 'c']) ref.tell(message);
    await kit.settle();
    expect(seen).toEqual(['a', 'close']);
    ref.tell('open');
    await kit.settle();
    expect(seen).toEqual(['a', 'close', 'b', 'c']);
  });

  test('is bounded, and a failure while unstashing loses none of the rest', async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    let opened = false;
    const ref = kit.spawn(
      (context: Context<string>) => (message: string) => {
        if (message === 'open') {
          opened = true;
          context.unstashAll();
        } else if (!opened) context.stash(message);
        else if (message === 'bad') throw new Error('bad');
        else seen.push(message);
      },
      { stashCapacity: 3, onError: [[Error, 'restart']] },
    );
    for (const message of ['a', 'bad', 'b', 'too many', 'open']) ref.tell(message);
    await kit.settle();
    // The fourth one failed the actor; what was stashed went back to the mailbox, and was stashed again.
    expect(kit.reports).toContainEqual(expect.objectContaining({ type: 'crash', message: 'too many' }));
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('behaviours', () => {
  test('async handlers run one message at a time; signals wait for them too', async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    const other = kit.spawn(() => () => next.stop());
    const ref = kit.spawn((context: Context<string>) => {
      context.watch(other);
      return behavior<string>({
        async receive(message) {
          seen.push(`${message} begins`);
          await new Promise<void>(resolve => void context.cell.dispatcher.after(10, resolve));
          seen.push(`${message} ends`);
        },
        signal: signal => void seen.push(signal.type),
      });
    });
    for (const message of ['a', 'b']) ref.tell(message);
    await kit.settle();
    (other as ActorRef<string>).tell('stop');
    await kit.advance(100);
    expect(seen).toEqual(['a begins', 'a ends', 'down', 'b begins', 'b ends']);
  });

  test('a state may be undefined, and undefined means unchanged', async () => {
    const kit = new TestSystem();
    const seen: unknown[] = [];
    const ref = kit.spawn((_context: Context<string>) =>
      behavior<unknown, string>({
        state: 0,
        receive(state, message) {
          seen.push(state);
          if (message === 'clear') return next.continue(undefined);
          return message === 'false' ? false : undefined;
        },
      }),
    );
    for (const message of ['keep', 'false', 'keep', 'clear', 'keep']) ref.tell(message);
    await kit.settle();
    expect(seen).toEqual([0, 0, false, false, undefined]);
  });

  test("adapters translate as part of the handling; an error there is the actor's", async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    let adapter: ActorRef<number> | undefined;
    const ref = kit.spawn(
      (context: Context<string>) => {
        adapter = context.adapter((n: number) => {
          if (n === 0) throw new RangeError('zero');
          return `number ${n}`;
        });
        return (message: string) => void seen.push(message);
      },
      { onError: [[RangeError, 'resume']] },
    );
    await kit.settle();
    ref.tell('plain');
    for (const n of [1, 0, 2]) adapter!.tell(n);
    await kit.settle();
    expect(seen).toEqual(['plain', 'number 1', 'number 2']);
    expect(kit.reports).toMatchObject([{ type: 'crash', directive: 'resume' }]);
  });

  test('receive timeouts come when nothing comes, and not otherwise', async () => {
    const kit = new TestSystem();
    const seen: unknown[] = [];
    const ref = kit.spawn((context: Context<string>) => {
      context.setReceiveTimeout(100);
      return behavior<string>({
        receive: message => void seen.push(message),
        signal(signal) {
          seen.push([signal.type, kit.now]);
          context.setReceiveTimeout(undefined);
        },
      });
    });
    await kit.advance(80);
    ref.tell('a');
    await kit.advance(99);
    ref.tell('b');
    await kit.advance(500);
    expect(seen).toEqual(['a', 'b', ['receiveTimeout', 279]]);
  });

  test('unhandled messages are dead letters; a listener that throws is removed', async () => {
    const kit = new TestSystem();
    let heard = 0;
    kit.system.deadLetters.subscribe(() => {
      heard += 1;
      throw new Error('listener');
    });
    const ref = kit.spawn((_context: Context<string>) => () => next.unhandled());
    for (const message of ['a', 'b', 'c']) ref.tell(message);
    await kit.settle();
    expect(heard).toBe(1);
    expect(kit.deadLetters.map(({ reason }) => reason)).toEqual(['unhandled', 'unhandled', 'unhandled']);
    await kit.advance(5000);
    expect(kit.reports).toMatchObject([
      { type: 'callbackFailed', callback: 'dead letter listener' },
      { type: 'deadLetters', count: 3, reasons: { unhandled: 3 } },
    ]);
  });
});

describe('timers', () => {
  async function ticks(
    start: (context: Context<string>) => void,
    handlingMs: number,
    ms: number,
  ): Promise<number[]> {
    const kit = new TestSystem();
    const seen: number[] = [];
    kit.spawn((context: Context<string>) => {
      start(context);
      return async () => {
        seen.push(kit.now);
        if (handlingMs > 0)
          await new Promise<void>(resolve => void context.cell.dispatcher.after(handlingMs, resolve));
      };
    });
    await kit.advance(ms);
    return seen;
  }

  test('once', async () =>
    expect(await ticks(({ timers }) => timers.after('k', 30, 'tick'), 0, 200)).toEqual([30]));

  test('once, without a key', async () => {
    expect(
      await ticks(
        ({ timers }) => {
          timers.sendAfter(30, 'tick');
          timers.sendAfter(30, 'tick');
          timers.sendAfter(Infinity, 'never');
          expect(timers.cancelTimer(timers.sendAfter(10, 'cancelled'))).toBe(true);
        },
        0,
        200,
      ),
    ).toEqual([30, 30]);
  });

  test('fixed delay counts from the end of the handling', async () => {
    expect(await ticks(({ timers }) => timers.every('k', 50, 'tick'), 20, 250)).toEqual([50, 120, 190]);
  });

  test('fixed rate counts by the schedule, and leaves out what it missed', async () => {
    expect(await ticks(({ timers }) => timers.everyFixedRate('k', 50, 'tick'), 20, 220)).toEqual([
      50, 100, 150, 200,
    ]);
    expect(await ticks(({ timers }) => timers.everyFixedRate('k', 50, 'tick'), 120, 500)).toEqual([
      50, 200, 350, 500,
    ]);
  });

  test('cron', async () => {
    expect(
      await ticks(
        ({ timers }) => timers.cron('k', cron('*/20 * * * * *', { timezone: 'UTC' }), 'tick'),
        0,
        60_000,
      ),
    ).toEqual([20_000, 40_000, 60_000]);
  });

  test('a tick that is queued when its timer is cancelled or replaced never arrives', async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    const ref = kit.spawn((context: Context<string>) => {
      context.timers.after('a', 10, 'old a');
      context.timers.after('b', 10, 'old b');
      return (message: string) => {
        seen.push(message);
        if (message !== 'go') return;
        context.timers.after('a', 10, 'new a');
        expect([context.timers.cancel('b'), context.timers.cancel('b'), context.timers.has('a')]).toEqual([
          true,
          false,
          true,
        ]);
      };
    });
    await kit.settle();
    kit.hold(ref);
    ref.tell('go');
    await kit.advance(10);
    kit.release(ref);
    await kit.advance(100);
    expect(seen).toEqual(['go', 'new a']);
  });

  test('a tick without a key that is queued when its timer is cancelled never arrives, and one that was handled is over', async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    const ref = kit.spawn(({ timers }: Context<string>) => {
      const early = timers.sendAfter(5, 'early');
      const queued = timers.sendAfter(10, 'queued');
      timers.after(1, 10, 'keyed');
      return (message: string) => {
        seen.push(message);
        if (message !== 'go') return;
        // A number is no key, whatever its value.
        expect([timers.cancel(queued), timers.cancelTimer(queued), timers.cancelTimer(queued)]).toEqual([
          false,
          true,
          false,
        ]);
        expect([timers.cancelTimer(early), timers.has(1)]).toEqual([false, true]);
      };
    });
    await kit.advance(5);
    kit.hold(ref);
    ref.tell('go');
    await kit.advance(10);
    kit.release(ref);
    await kit.advance(100);
    expect(seen).toEqual(['early', 'go', 'keyed']);
  });

  test('an actor can cancel its own timers only, and all end with it', async () => {
    const kit = new TestSystem();
    const seen: string[] = [];
    let theirs: TimerRef | undefined;
    const owner = kit.spawn(
      ({ timers }: Context<string>) => {
        theirs = timers.sendAfter(50, 'limit');
        timers.after('name', 10, 'named');
        timers.after(7, 10, 'numbered');
        timers.every('often', 4, 'again');
        return (message: string) => {
          seen.push(message);
          if (message === 'end') return next.stop();
          return undefined;
        };
      },
      { name: 'owner' },
    );
    kit.spawn(({ timers }: Context<string>) => {
      timers.after(7, 60, 'of another');
      return (message: string) => void seen.push(message, String(timers.cancelTimer(theirs!)));
    });
    await kit.advance(5);
    owner.tell('end');
    await kit.advance(100);
    expect(seen).toEqual(['again', 'end', 'of another', 'false']);
    expect(kit.deadLetters).toEqual([]);
    expect(kit.system.dispatcher.wheel.table.size).toBe(0);
  });

  test.each([
    ['numbers', (n: number): unknown => n * 3 - 700],
    ['numbers that are far apart', (n: number): unknown => (n - 300) * 0x20_0000],
    ['fractions and large numbers', (n: number): unknown => n / 2 + 2 ** 31],
    ['strings', (n: number): unknown => `key ${n}`],
    ['objects', (): unknown => ({})],
  ])('a thousand timers with %s as keys are told apart', async (_name, keyOf) => {
    const kit = new TestSystem();
    const seen: number[] = [];
    const keys = Array.from({ length: 1000 }, (_, n) => keyOf(n));
    for (const actor of [0, 1000]) {
      kit.spawn(({ timers }: Context<number>) => {
        keys.forEach((key, n) => timers.after(key, 10, actor + n));
        keys.forEach((key, n) => {
          if (n % 3 === 0) expect(timers.cancel(key)).toBe(true);
          if (n % 3 === 1) timers.after(key, 20, -1);
          expect(timers.has(key)).toBe(n % 3 !== 0);
        });
        return (message: number) => void seen.push(message);
      });
    }
    await kit.advance(30);
    const once = [...seen].filter(n => n >= 0).sort((a, b) => a - b);
    expect(once).toEqual(Array.from({ length: 2000 }, (_, n) => n).filter(n => (n % 1000) % 3 === 2));
    expect(seen.filter(n => n === -1)).toHaveLength(666);
    expect(kit.system.dispatcher.wheel.table.size).toBe(0);
  });

  test('minus zero, zero and NaN are keys as they are to a Map', async () => {
    const kit = new TestSystem();
    kit.spawn(({ timers }: Context<string>) => {
      timers.after(-0, 10, '');
      timers.after(NaN, 10, '');
      expect([timers.has(0), timers.has(NaN), timers.cancel(0), timers.has(-0)]).toEqual([
        true,
        true,
        true,
        false,
      ]);
      return () => {};
    });
    await kit.settle();
    expect(kit.reports).toEqual([]);
  });

  test.each<[string, (context: Context<string>) => void, RegExp]>([
    ['negative without a key', ({ timers }) => timers.sendAfter(-1, ''), /timers.sendAfter: .* got -1/],
    [
      'a key in place of a timer',
      ({ timers }) => timers.cancelTimer('k' as never),
      /timers.cancelTimer: expected what sendAfter returned, got k \(string\)/,
    ],
    ['negative', ({ timers }) => timers.after('k', -1, ''), /milliseconds must be at least 0, got -1/],
    ['zero rate', ({ timers }) => timers.everyFixedRate('k', 0, ''), /must be at least 1, got 0/],
    [
      'pattern',
      ({ timers }) => timers.cron('k', cron('whenever'), ''),
      /cannot understand the pattern "whenever"/,
    ],
    [
      'timezone',
      () => cron('* * * * *', { timezone: 'Mars' }),
      /cannot understand the pattern "\* \* \* \* \*" in "Mars"/,
    ],
    [
      'no schedule',
      ({ timers }) => timers.cron('k', '* * * * *' as never, ''),
      /expected a schedule, as cron\(pattern\) of @heddle\/actors\/cron returns, got \* \* \* \* \* \(string\)/,
    ],
  ])('misuse: %s', async (_name, start, message) => {
    const kit = new TestSystem();
    kit.spawn((context: Context<string>) => {
      expect(() => start(context)).toThrow(message);
      return () => {};
    });
    await kit.settle();
    expect(kit.reports).toEqual([]);
  });
});

test('faults are injected by seed: what is lost is counted, what crashes is supervised', async () => {
  const kit = new TestSystem({
    seed: 5,
    faults: { drop: 0.2, delay: 0.2, crash: 0.1, only: path => path === '/target' },
  });
  let handled = 0;
  const ref = kit.spawn((_context: Context<number>) => () => void (handled += 1), {
    name: 'target',
    onError: [[InjectedCrash, 'resume']],
  });
  for (let n = 0; n < 1000; n++) ref.tell(n);
  await kit.advance(200);
  const crashes = kit.reports.filter(({ type }) => type === 'crash').length;
  expect(handled + kit.deadLetters.length + crashes).toBe(1000);
  expect(Math.min(handled - 500, kit.deadLetters.length - 100, crashes - 30)).toBeGreaterThan(0);
});

test('a message that was delayed and finds the mailbox full is a dead letter', async () => {
  const kit = new TestSystem({ seed: 5, faults: { delay: 1, delayMs: 50 } });
  const { promise, resolve } = Promise.withResolvers<void>();
  let handled = 0;
  const ref = kit.spawn(
    (_context: Context<number>) => async () => {
      handled += 1;
      await promise;
    },
    { mailbox: { capacity: 3 } },
  );
  for (let n = 0; n < 20; n++) ref.tell(n);
  await kit.advance(50);
  expect(kit.deadLetters.map(({ reason }) => reason)).toEqual(new Array(16).fill('mailboxFull'));
  resolve();
  await kit.settle();
  expect(handled).toBe(4);
});
