/** Exits, links, watches, questions, and the traps that other systems have fallen into. */
import { describe, expect, test } from 'vitest';
import { ActorDiedError, MailboxFullError, behavior, exit, next } from '../src/index.ts';
import type { ActorRef, Context, ExitReason, Reply, Signal } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { crash, hang, worker } from './supervisor.setup.ts';
import type { Command } from './supervisor.setup.ts';

const error = exit.error(new Error('x'));

/** An actor that does in its own turn what a test tells it. */
type Doing = (context: Context<Doing>) => unknown;
function doer(context: Context<Doing>) {
  return (doing: Doing): unknown => doing(context);
}

function trapping(signals: Signal[]) {
  return function trapping(context: Context<Doing>) {
    context.trapExit = true;
    return behavior<Doing>({ receive: doing => doing(context), signal: signal => void signals.push(signal) });
  };
}

function setUp(seed = 1) {
  const kit = new TestSystem({ seed });
  const ends: Record<string, ExitReason> = {};
  const run = async (ref: ActorRef<Doing>, doing: Doing): Promise<void> => {
    ref.tell(doing);
    await kit.settle();
  };
  const endOf = (ref: ActorRef<never>): ExitReason | undefined =>
    kit.life.findLast(event => event.type === 'exited' && event.path === ref.path)?.type === 'exited'
      ? (
          kit.life.findLast(event => event.type === 'exited' && event.path === ref.path) as {
            reason: ExitReason;
          }
        ).reason
      : undefined;
  return { kit, ends, run, endOf };
}

describe('exit signals', () => {
  test('normal from another has no effect unless trapped; from oneself it ends the actor', async () => {
    const { kit, run, endOf } = setUp();
    const signals: Signal[] = [];
    const [one, trap, other] = [kit.spawn(doer), kit.spawn(trapping(signals)), kit.spawn(doer)];
    await run(other, context => {
      context.exit(one, exit.normal);
      context.exit(trap, exit.normal);
    });
    expect(one.alive).toBe(true);
    expect(signals).toEqual([{ type: 'exit', ref: other, reason: exit.normal }]);
    await run(one, context => context.exit(context.self, exit.normal));
    expect(endOf(one)).toEqual(exit.normal);
  });

  test('another reason ends an actor that does not trap, with that reason', async () => {
    const { kit, run, endOf } = setUp();
    const [one, other] = [kit.spawn(doer), kit.spawn(doer)];
    await run(other, context => context.exit(one, exit.shutdownWith('why')));
    expect(endOf(one)).toEqual(exit.shutdownWith('why'));
  });

  test('killed cannot be trapped, and arrives at links as killed', async () => {
    const { kit, run, endOf } = setUp();
    const signals: Signal[] = [];
    const [victim, link, trap, other] = [
      kit.spawn(trapping([])),
      kit.spawn(doer),
      kit.spawn(trapping(signals)),
      kit.spawn(doer),
    ];
    await run(link, context => context.link(victim));
    await run(trap, context => context.link(victim));
    await run(other, context => context.exit(victim, exit.killed));
    expect([endOf(victim), endOf(link)]).toEqual([exit.killed, exit.killed]);
    expect(signals).toEqual([{ type: 'exit', ref: victim, reason: exit.killed }]);
  });

  test('the first of two exits wins', async () => {
    const { kit, run, endOf } = setUp();
    const [one, other] = [kit.spawn(doer), kit.spawn(doer)];
    kit.hold(one);
    await run(other, context => {
      context.exit(one, exit.shutdownWith(1));
      context.exit(one, error);
    });
    kit.release(one);
    await kit.settle();
    expect(endOf(one)).toEqual(exit.shutdownWith(1));
  });

  test('an exit of a link with normal has no effect; with another it spreads along links', async () => {
    const { kit, run, endOf } = setUp();
    const refs = [1, 2, 3].map(() => kit.spawn(doer));
    await run(refs[0]!, context => context.link(refs[1]!));
    await run(refs[1]!, context => context.link(refs[2]!));
    const loner = kit.spawn(doer);
    await run(loner, context => context.link(refs[0]!));
    await run(loner, () => next.stop());
    expect(refs.every(ref => ref.alive)).toBe(true);
    await run(refs[0]!, () => next.stop(error));
    expect(refs.map(ref => endOf(ref))).toEqual([error, error, error]);
  });

  test('unlink ends the tie, also for an exit that is queued', async () => {
    const { kit, run } = setUp();
    const [one, other] = [kit.spawn(doer), kit.spawn(doer)];
    await run(one, context => {
      context.link(other);
      context.exit(other, exit.killed);
      context.unlink(other);
    });
    expect([one.alive, other.alive]).toEqual([true, false]);
  });

  test('linking to the dead is an exit with noproc', async () => {
    const { kit, run, endOf } = setUp();
    const [one, dead] = [kit.spawn(doer), kit.spawn(doer)];
    await run(dead, () => next.stop());
    await run(one, context => context.link(dead));
    expect(endOf(one)).toEqual(exit.noproc);
  });
});

describe('watching', () => {
  test('one down for each watch, with the reason; noproc at once for the dead', async () => {
    const { kit, run } = setUp();
    const signals: Signal[] = [];
    const [watcher, one] = [kit.spawn(trapping(signals)), kit.spawn(doer)];
    const watches: number[] = [];
    await run(watcher, context => void watches.push(context.watch(one), context.watch(one)));
    await run(one, () => next.stop(error));
    expect(signals).toEqual(watches.map(watch => ({ type: 'down', ref: one, reason: error, watch })));
    signals.length = 0;
    await run(watcher, context => context.watch(one));
    expect(signals).toMatchObject([{ type: 'down', reason: exit.noproc }]);
  });

  test('unwatch takes back a down that is queued', async () => {
    const { kit, run } = setUp();
    const signals: Signal[] = [];
    const [watcher, one] = [kit.spawn(trapping(signals)), kit.spawn(doer)];
    await run(watcher, context => {
      const watch = context.watch(one);
      context.exit(one, exit.killed);
      expect([context.unwatch(watch), context.unwatch(watch)]).toEqual([true, false]);
    });
    expect(signals).toEqual([]);
  });

  test('watching and spawning are one step: an actor whose setup throws is seen', async () => {
    const { kit, run } = setUp();
    const signals: Signal[] = [];
    const watcher = kit.spawn(trapping(signals));
    await run(watcher, context => {
      context.spawn(
        () => {
          throw error;
        },
        { watch: true, name: 'zombie' },
      );
    });
    expect(signals).toMatchObject([{ type: 'down', reason: { type: 'error' } }]);
    await run(watcher, context => void context.spawn(doer, { name: 'zombie' }));
  });

  test('a down may come as a message', async () => {
    const { kit } = setUp();
    const seen: unknown[] = [];
    const one = kit.spawn(worker());
    kit.spawn((context: Context<string>) => {
      context.watch(one, 'it ended');
      return (message: string) => void seen.push(message);
    });
    await kit.settle();
    (one as ActorRef<Command>).tell(crash);
    await kit.settle();
    expect(seen).toEqual(['it ended']);
  });

  test('a full mailbox drops no down and no stop', async () => {
    const { kit, run, endOf } = setUp();
    const signals: Signal[] = [];
    const one = kit.spawn(doer);
    const full = kit.spawn(
      (context: Context<string>) => {
        context.watch(one);
        return behavior<string>({ receive: () => {}, signal: signal => void signals.push(signal) });
      },
      { mailbox: { capacity: 1, whenFull: 'dropNew' } },
    );
    await kit.settle();
    kit.hold(full);
    for (const message of ['a', 'b', 'c']) full.tell(message);
    await run(one, () => next.stop());
    kit.system.exit(full, exit.shutdown);
    kit.release(full);
    await kit.settle();
    expect(signals).toMatchObject([{ type: 'down' }]);
    expect(endOf(full)).toEqual(exit.shutdown);
  });
});

describe('ask', () => {
  type Question = { readonly type: 'double'; readonly n: number; readonly reply: Reply<number> };
  const doubler = (_context: Context<Question>) => (message: Question) => message.reply.tell(message.n * 2);

  test('of the dead fails at once, not after the timeout', async () => {
    const { kit } = setUp();
    const ref = kit.spawn(doubler);
    kit.system.exit(ref, exit.killed);
    await kit.settle();
    await expect(kit.until(ref.ask({ type: 'double', n: 1 }))).rejects.toThrow(ActorDiedError);
    expect(kit.now).toBe(0);
  });

  test('fails at once when the actor ends with the question in its mailbox, or in its hands', async () => {
    const { kit } = setUp();
    for (const held of [true, false]) {
      const ref = kit.spawn((_context: Context<Question>) => () => new Promise<never>(() => {}));
      await kit.settle();
      if (held) kit.hold(ref);
      const asked = ref.ask({ type: 'double', n: 1 });
      await kit.settle();
      kit.system.exit(ref, exit.killed);
      await expect(kit.until(asked)).rejects.toMatchObject({ reason: exit.killed });
      expect(kit.now).toBe(0);
    }
    expect(kit.held).toBe(0);
  });

  test('of oneself is an error', async () => {
    const { kit } = setUp();
    const errors: unknown[] = [];
    const ref: ActorRef<Question> = kit.spawn((context: Context<Question>) => async () => {
      await context.self.ask({ type: 'double', n: 1 }).catch((error: unknown) => errors.push(error));
    });
    ref.tell({ type: 'double', n: 1, reply: { tell() {}, fail() {} } });
    await kit.settle();
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/an actor that asks itself would wait for ever/) },
    ]);
  });

  test('gives up after the timeout or at the signal, and the late answer is a dead letter', async () => {
    const { kit } = setUp();
    const replies: Reply<number>[] = [];
    const ref = kit.spawn(
      (_context: Context<Question>) => (message: Question) => void replies.push(message.reply),
    );
    const timed = ref.ask({ type: 'double', n: 1 }, { timeout: 50 });
    await expect(kit.until(timed)).rejects.toThrow(/no answer within 50 ms/);
    expect(kit.now).toBe(50);
    const controller = new AbortController();
    const aborted = ref.ask({ type: 'double', n: 2 }, { signal: controller.signal });
    await kit.settle();
    controller.abort(new Error('changed my mind'));
    await expect(kit.until(aborted)).rejects.toThrow('changed my mind');
    for (const reply of replies) reply.tell(5);
    expect(kit.deadLetters).toMatchObject([
      { message: 5, reason: 'lateReply' },
      { message: 5, reason: 'lateReply' },
    ]);
    expect(kit.held).toBe(0);
  });

  test('waits 5 s without a timeout, as OTP does; bad timeouts are errors', async () => {
    const { kit } = setUp();
    const ref = kit.spawn((_context: Context<Question>) => () => {});
    await expect(kit.until(ref.ask({ type: 'double', n: 1 }))).rejects.toThrow(/within 5000 ms/);
    await expect(ref.ask({ type: 'double', n: 1 }, { timeout: -1 })).rejects.toThrow(RangeError);
    await expect(ref.ask({ type: 'double', n: 1 }, { timeout: '5' as unknown as number })).rejects.toThrow(
      TypeError,
    );
  });

  test('reply.fail rejects with that error', async () => {
    const { kit } = setUp();
    const ref = kit.spawn(
      (_context: Context<Question>) => (message: Question) => message.reply.fail(new RangeError('no')),
    );
    await expect(kit.until(ref.ask({ type: 'double', n: 1 }))).rejects.toThrow(RangeError);
  });

  test("does not depend on the asker's own mailbox", async () => {
    const { kit } = setUp();
    const doubles = kit.spawn(doubler);
    const order: unknown[] = [];
    const asker = kit.spawn((_context: Context<number>) => async (message: number) => {
      if (message === 0) order.push(await doubles.ask({ type: 'double', n: 21 }));
      else order.push('later');
    });
    for (let n = 0; n < 5; n++) asker.tell(n);
    await kit.settle();
    expect(order).toEqual([42, 'later', 'later', 'later', 'later']);
  });
});

describe('stop', () => {
  test('a parent ends its children first, last started first, and each once', async () => {
    const { kit, run } = setUp();
    const parent = kit.spawn(doer, { name: 'p' });
    await run(parent, context => {
      for (const name of ['a', 'b', 'c']) context.spawn(worker(), { name });
    });
    await run(parent, () => next.stop());
    expect(kit.trace.filter(line => line.startsWith('-'))).toEqual([
      '- /p/c shutdown',
      '- /p/b shutdown',
      '- /p/a shutdown',
      '- /p normal',
    ]);
  });

  test('what was accepted is handled, what comes later is a dead letter', async () => {
    const { kit } = setUp();
    const seen: number[] = [];
    const ref: ActorRef<number> = kit.spawn((context: Context<number>) => async (n: number) => {
      await Promise.resolve();
      seen.push(n);
      context.self.tell(n + 100);
    });
    await kit.settle();
    for (const n of [1, 2, 3]) ref.tell(n);
    const stopped = kit.system.stop();
    ref.tell(4);
    await kit.until(stopped);
    expect(seen.slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(kit.deadLetters.length).toBeGreaterThan(0);
    expect(kit.deadLetters.every(({ reason }) => reason === 'stopped')).toBe(true);
  });

  test('the stop event and signal are set while a handler is under way', async () => {
    const { kit } = setUp();
    const seen: unknown[] = [];
    const ref = kit.spawn((context: Context<string>) => async () => {
      seen.push(context.stopEvent.isSet, context.stopSignal.aborted);
      await new Promise<void>(resolve => context.stopSignal.addEventListener('abort', () => resolve()));
      seen.push(context.stopEvent.isSet);
    });
    ref.tell('go');
    await kit.settle();
    await kit.until(kit.system.stop());
    expect(seen).toEqual([false, false, true]);
    expect(kit.now).toBe(0);
  });

  test('a stopping actor with a full mailbox of its own making does not spin', async () => {
    const { kit } = setUp();
    let handled = 0;
    const ref: ActorRef<string> = kit.spawn((context: Context<string>) => () => {
      handled += 1;
      if (handled < 1000) context.self.tell('again');
    });
    ref.tell('go');
    await kit.until(kit.system.stop());
    expect(handled).toBeLessThan(10);
  });

  test('a stopped hook that throws is reported, and the end is the same', async () => {
    const { kit, endOf } = setUp();
    const ref = kit.spawn((_context: Context<Command>) =>
      behavior<Command>({
        receive: () => next.stop(),
        stopped: () => {
          throw new Error('hook');
        },
      }),
    );
    ref.tell(crash);
    await kit.settle();
    expect(endOf(ref)).toEqual(exit.normal);
    expect(kit.reports).toMatchObject([{ type: 'callbackFailed', callback: 'stopped' }]);
  });

  test('context.stop waits for the child, and is for children only', async () => {
    const { kit, run } = setUp();
    const seen: unknown[] = [];
    const [parent, other] = [kit.spawn(doer), kit.spawn(doer)];
    await run(parent, async context => {
      const child = context.spawn(worker());
      seen.push(await context.stop(child), child.alive);
      expect(() => context.stop(other)).toThrow(/is none/);
    });
    expect(seen).toEqual([exit.shutdown, false]);
  });

  test('a child that hangs is killed after its shutdown time', async () => {
    const { kit, run } = setUp();
    const parent = kit.spawn(doer);
    await run(parent, context => context.spawn(worker(), { name: 'slow', shutdown: 250 }).tell(hang));
    await kit.until(kit.system.stop());
    expect(kit.now).toBe(250);
    expect(kit.reports).toMatchObject([{ type: 'graceElapsed', afterMs: 250 }]);
  });
});

describe('restart in place', () => {
  test('pre-restart hook on the old instance, children stopped and waited for, messages kept', async () => {
    const { kit } = setUp();
    const trace: string[] = [];
    let instance = 0;
    const ref = kit.spawn(
      (context: Context<string>) => {
        const me = (instance += 1);
        trace.push(`setup ${me}`);
        context.spawn((child: Context<never>) =>
          behavior<never>({
            receive: () => {},
            stopped: () =>
              new Promise<void>(
                resolve =>
                  void child.cell.dispatcher.after(100, () =>
                    resolve(void trace.push(`child of ${me} ended`)),
                  ),
              ),
          }),
        );
        return behavior<string>({
          receive: message => {
            if (message === 'crash') throw new Error('crash');
            trace.push(`${me} handles ${message}`);
          },
          restarting: () => void trace.push(`${me} is restarted`),
          stopped: () => void trace.push(`${me} stopped`),
        });
      },
      { onError: [[Error, 'restart']] },
    );
    for (const message of ['a', 'crash', 'b']) ref.tell(message);
    await kit.advance(50);
    ref.tell('c');
    await kit.advance(100);
    expect(trace).toEqual([
      'setup 1',
      '1 handles a',
      '1 is restarted',
      'child of 1 ended',
      'setup 2',
      '2 handles b',
      '2 handles c',
    ]);
  });

  test("resume keeps the state and drops the message; the first rule that matches decides, the declaration's before the spawn's", async () => {
    const { kit } = setUp();
    const seen: number[] = [];
    const ref = kit.spawn(
      (_context: Context<string>) =>
        behavior<number, string>({
          state: 0,
          receive(count, message) {
            if (message === 'type') throw new TypeError('t');
            if (message === 'range') throw new RangeError('r');
            seen.push(count);
            return count + 1;
          },
        }),
      {
        onError: [
          [TypeError, 'resume'],
          [Error, 'restart'],
        ],
      },
    );
    for (const message of ['go', 'type', 'go', 'range', 'go']) ref.tell(message);
    await kit.settle();
    expect(seen).toEqual([0, 1, 0]);
  });

  test('escalate ends the actor and makes its parent fail with the same error', async () => {
    const { kit, run, endOf } = setUp();
    const failure = new RangeError('deep');
    const parent = kit.spawn(doer, { name: 'p' });
    await run(parent, context => {
      context.spawn(doer, { name: 'c', onError: [[RangeError, 'escalate']] }).tell(() => {
        throw failure;
      });
    });
    expect(endOf(parent)).toEqual(exit.error(failure));
    expect(kit.trace.filter(line => line.startsWith('-'))).toEqual(['- /p/c error', '- /p error']);
  });

  test('the budget is not renewed by restarts: a setup that always fails ends the actor', async () => {
    const { kit, endOf } = setUp();
    let starts = 0;
    const ref = kit.spawn(
      (_context: Context<string>) => {
        starts += 1;
        if (starts > 1) throw new Error('setup');
        return () => {
          throw new Error('first');
        };
      },
      { onError: [[Error, 'restart']], restarts: { intensity: 5, period: 1000 } },
    );
    ref.tell('go');
    await kit.settle();
    expect(starts).toBe(6);
    expect(endOf(ref)).toMatchObject({ type: 'error' });
  });

  test('timers, receive timeouts and promises of the old instance never reach the new one', async () => {
    const { kit } = setUp();
    const seen: unknown[] = [];
    let instance = 0;
    const ref = kit.spawn(
      (context: Context<string>) => {
        instance += 1;
        if (instance === 1) {
          context.timers.after('t', 10, 'timer');
          context.setReceiveTimeout(20);
          context.pipeToSelf(
            new Promise<string>(resolve => void context.cell.dispatcher.after(30, () => resolve('piped'))),
            value => value,
          );
        }
        return behavior<string>({
          receive: message => {
            if (message === 'crash') throw new Error('crash');
            seen.push(message);
          },
          signal: signal => void seen.push(signal.type),
        });
      },
      { onError: [[Error, 'restart']] },
    );
    ref.tell('crash');
    await kit.advance(100);
    expect(seen).toEqual([]);
    expect(kit.deadLetters).toMatchObject([{ message: 'piped', reason: 'restarted' }]);
  });
});

test('send: credit for a blocking mailbox, in order, with timeout and signal, and refusal at the end', async () => {
  const { kit, endOf } = setUp();
  const seen: number[] = [];
  const ref = kit.spawn((_context: Context<number>) => (n: number) => void seen.push(n), {
    mailbox: { capacity: 2, whenFull: 'block' },
  });
  await kit.settle();
  kit.hold(ref);
  await ref.send(1);
  await ref.send(2);
  const [third, fourth] = [ref.send(3), ref.send(4)];
  const timed = ref.send(5, { timeout: 10 });
  ref.tell(6);
  expect(kit.deadLetters).toMatchObject([{ message: 6, reason: 'mailboxFull' }]);
  await expect(kit.until(timed)).rejects.toThrow(/no room within 10 ms/);
  kit.release(ref);
  await kit.until(Promise.all([third, fourth]));
  await kit.settle();
  expect(seen).toEqual([1, 2, 3, 4]);
  kit.hold(ref);
  await ref.send(7);
  await ref.send(8);
  const waiting = ref.send(9);
  kit.system.exit(ref, exit.killed);
  await expect(kit.until(waiting)).rejects.toThrow(ActorDiedError);
  expect(endOf(ref)).toEqual(exit.killed);
  expect(kit.held).toBe(0);
});

test('send to a mailbox that fails rejects when it is full', async () => {
  const { kit } = setUp();
  const ref = kit.spawn(doer, { mailbox: { capacity: 1 } });
  await kit.settle();
  kit.hold(ref);
  await ref.send(() => {});
  await expect(ref.send(() => {})).rejects.toThrow(MailboxFullError);
});

test('the same seed gives the same trace, another seed another interleaving', async () => {
  const traceOf = async (seed: number): Promise<string> => {
    const { kit } = setUp(seed);
    const order: string[] = [];
    const refs = ['a', 'b', 'c', 'd'].map(name =>
      kit.spawn((_context: Context<number>) => async (n: number) => {
        order.push(`${name}${n}`);
        await Promise.resolve();
        order.push(`${name}${n}'`);
      }),
    );
    for (let n = 0; n < 5; n++) for (const ref of refs) ref.tell(n);
    await kit.settle();
    for (const name of ['a', 'b', 'c', 'd']) {
      // Whatever the interleaving: one message at a time, first in, first out.
      expect(order.filter(step => step.startsWith(name))).toEqual(
        [0, 1, 2, 3, 4].flatMap(n => [`${name}${n}`, `${name}${n}'`]),
      );
    }
    return order.join();
  };
  const traces = await Promise.all([1, 2, 3, 1].map(traceOf));
  expect(traces[3]).toBe(traces[0]);
  expect(new Set(traces).size).toBe(3);
});

test('inspect shows the tree with states, messages and restarts', async () => {
  const { kit, run } = setUp();
  const parent = kit.spawn(doer, { name: 'parent', onError: [[Error, 'restart']], keepChildren: true });
  let child: ActorRef<Command> | undefined;
  await run(parent, context => void (child = context.spawn(worker(), { name: 'child' })));
  await run(parent, () => {
    throw new Error('x');
  });
  kit.hold(child!);
  child!.tell(hang);
  await kit.settle();
  expect(kit.system.inspect()).toMatchObject({
    path: '/',
    children: [
      {
        path: '/parent',
        actor: 'doer',
        state: 'running',
        handled: 2,
        restarts: 1,
        thread: 0,
        children: [{ path: '/parent/child', waiting: 1, handled: 0, busy: false, children: [] }],
      },
    ],
  });
  kit.release(child!);
  await kit.settle();
  expect(kit.system.inspect().children[0]!.children[0]).toMatchObject({ waiting: 0, handled: 1, busy: true });
});

test('children that the setup spawns when an actor is restarted in place live, also from an async setup', async () => {
  for (const isAsync of [false, true]) {
    const kit = new TestSystem({ seed: 1 });
    const ref = kit.spawn(
      (context: Context<string>) => {
        context.spawn(() => () => {}, { name: 'child' });
        const receive = (message: string): void => {
          throw new RangeError(message);
        };
        return isAsync ? Promise.resolve(receive) : receive;
      },
      { name: 'parent', onError: [[RangeError, 'restart']] },
    );
    ref.tell('as told');
    await kit.advance(1);
    expect(kit.system.inspect().children[0]).toMatchObject({
      restarts: 1,
      children: [{ path: '/parent/child', state: 'running' }],
    });
  }
});
