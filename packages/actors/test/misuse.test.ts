/** What is done wrong is said at once, with the wrong value, the place and what there is instead. */
import { describe, expect, test } from 'vitest';
import {
  ActorSystem,
  Supervisor,
  actor,
  behavior,
  dedicated,
  next,
  objectActor,
  supervisor,
  wrap,
} from '../src/index.ts';
import type { ActorRef, Context, SpawnOptions } from '../src/index.ts';
import { TestSystem } from '../src/testkit/index.ts';
import { echo } from './simulated-threads.fixture.ts';

// What types would catch, programs in JavaScript do.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Wrong = any;

const idle = (): (() => void) => () => {};

describe('when it is called', () => {
  const kit = new TestSystem();
  const start = (what: Wrong, options?: Wrong): unknown => kit.spawn(what, options as SpawnOptions<[]>);
  test.each<[string, () => unknown, string]>([
    [
      'a class',
      () => start(class Cart {}),
      'spawn: Cart is a class; an actor is declared by a function: return its methods from objectActor(import.meta, () => new Cart()), or a behaviour from a setup function',
    ],
    [
      'nothing',
      () => start(undefined),
      'spawn: expected an actor (declared with actor(import.meta, …)) or a setup function, got undefined (undefined)',
    ],
    ['args', () => start(idle, { args: 5 }), 'spawn: args must be an array, got 5 (number)'],
    [
      'a mailbox option',
      () => start(idle, { mailbox: { capasity: 5 } }),
      'mailbox: there is no option "capasity"; there are capacity, whenFull, key, priority',
    ],
    ['no mailbox', () => start(idle, { mailbox: 5 }), 'mailbox must be options, got 5 (number)'],
    [
      'a policy without a bound',
      () => start(idle, { mailbox: { whenFull: 'block' } }),
      'mailbox.whenFull "block" has no meaning without a capacity',
    ],
    [
      'a system option',
      () => new ActorSystem({ thread: 1 } as Wrong),
      'ActorSystem: there is no option "thread"; there are name, threads, report, inspect, host, observer',
    ],
    [
      'no ref',
      () => new Supervisor(undefined as Wrong),
      'Supervisor: expected the ref of an actor, got undefined (undefined)',
    ],
    [
      'no import.meta',
      () => actor(idle as Wrong, undefined as Wrong),
      'actor: the first argument must be import.meta of the module that declares the actor',
    ],
    [
      'no import.meta, dedicated',
      () => dedicated(idle as Wrong, undefined as Wrong),
      'dedicated: the first argument must be import.meta of the module that declares the actor',
    ],
    [
      'no function',
      () => objectActor(import.meta, {} as Wrong),
      'objectActor: expected a function, got [object Object] (object)',
    ],
    [
      'no import.meta, supervisor',
      () => supervisor(idle as Wrong, idle as Wrong),
      'supervisor: the first argument must be import.meta of the module that declares the actor',
    ],
    [
      'no behaviour',
      () => next.become({ recieve: idle } as Wrong),
      'next.become: a behaviour must be a function or an object with receive, got one with recieve',
    ],
    [
      'no reason',
      () => next.stop('normal' as Wrong),
      'next.stop: expected a reason, as exit.normal, exit.shutdown or exit.error(error), got normal (string)',
    ],
    [
      'an exit of nobody',
      () => kit.system.exit(undefined as Wrong, { type: 'normal' }),
      'exit: expected the ref of an actor, got undefined (undefined)',
    ],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(new TypeError(message));
  });
});

test.each(['get', null, 7, undefined])('ask %s: a question is an object', async question => {
  const kit = new TestSystem({ threads: 1 });
  const here = kit.spawn(idle as Wrong, { name: 'here' } as Wrong) as ActorRef<Wrong>;
  const there = kit.spawn(echo, { name: 'there', args: [here], placement: 'leastLoaded' }) as ActorRef<Wrong>;
  await kit.settle();
  for (const ref of [here, there]) {
    await expect(ref.ask(question as Wrong)).rejects.toThrow(
      `ask ${ref.path}: a question must be an object, to which \`reply\` is added, got ${String(question)} (${typeof question})`,
    );
  }
});

test.each(['watch', 'link', 'unlink', 'stop'] as const)(
  'context.%s of nobody fails that actor, and no other',
  async call => {
    const kit = new TestSystem();
    const other = kit.spawn((_context: Context<string>) => () => {});
    const ref = kit.spawn((context: Context<string>) => () => void context[call](undefined as Wrong));
    ref.tell('go');
    await kit.settle();
    expect(kit.reports).toMatchObject([
      { reason: { error: { message: `${call}: expected the ref of an actor, got undefined (undefined)` } } },
    ]);
    expect([ref.alive, other.alive]).toEqual([false, true]);
  },
);

test('a setup that returns no behaviour is told what it returned', async () => {
  const kit = new TestSystem();
  kit.spawn((() => behavior({ recieve() {} } as Wrong)) as Wrong, { name: 'slip' } as Wrong);
  kit.spawn((() => {}) as Wrong, { name: 'none' } as Wrong);
  await kit.settle();
  const said = kit.reports.map(
    each => each.type === 'crash' && each.reason.type === 'error' && String(each.reason.error),
  );
  expect(said.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual([
    'TypeError: /none: a behaviour must be a function or an object with receive, got undefined (undefined)',
    'TypeError: /slip: a behaviour must be a function or an object with receive, got one with recieve',
  ]);
});

test('a method that there is not is named', async () => {
  await using system = new ActorSystem({ threads: 0 });
  const cart = objectActor(import.meta, function cart() {
    return { add: (n: number) => n + 1, inner: { twice: (n: number) => 2 * n } };
  });
  const proxy = wrap(system.spawn(cart, { name: 'cart' })) as Wrong;
  expect(await proxy.add(1)).toBe(2);
  expect(await proxy.inner.twice(2)).toBe(4);
  await expect(proxy.ad(1)).rejects.toThrow(new TypeError('/cart: the object has no method "ad"'));
  await expect(proxy.inner.thrice(1)).rejects.toThrow(
    new TypeError('/cart: the object has no method "inner.thrice"'),
  );
});

test('a child that cannot travel to its thread has failed to start: its supervisor says so, and keeps nothing of it', async () => {
  const kit = new TestSystem({ threads: 1 });
  const sup = new Supervisor(kit.spawn(supervisor({}), { name: 'sup' }));
  const options = { placement: 'leastLoaded' } as const;
  const child = { id: 'child', start: echo, args: [() => {}], options };
  await expect(kit.until(sup.startChild(child))).rejects.toMatchObject({
    code: 'startFailed',
    message: expect.stringContaining('args[0]: functions cannot be shared'),
  });
  await expect(kit.until(sup.startChild({ ...child, start: idle as Wrong, args: [] }))).rejects.toThrow(
    '"idle" can\'t run on another thread: declare it at module level with actor(import.meta, …)',
  );
  expect(await kit.until(sup.children())).toEqual([]);
});
