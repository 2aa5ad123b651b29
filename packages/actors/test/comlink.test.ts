/** Actors as objects. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { proxy, releaseProxy } from 'comlink';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem, exit, objectActor, router, wrap } from '../src/index.ts';
import type { ActorRef, CallMessage, Context } from '../src/index.ts';
import type { Placement } from '../src/runtime/placement.ts';
import { holder, lender } from './comlink.fixture.ts';
import { taker } from './credit.fixture.ts';
import { account } from './threads.fixture.ts';

let system: ActorSystem;
afterEach(() => system.stop());

test.each<Placement>(['parent', 'leastLoaded'])(
  'placement %s: methods, properties, errors and callbacks',
  async placement => {
    system = new ActorSystem({ threads: 1, report: () => {} });
    const ref = system.spawn(account, { args: [100], placement });
    const remote = wrap(ref);
    // One call at a time, in order, also async ones.
    expect(await Promise.all([remote.withdraw(10), remote.withdraw(20), remote.withdraw(30)])).toEqual([
      90, 70, 40,
    ]);
    expect(await remote.currency).toBe('EUR');
    await expect(remote.withdraw(1000)).rejects.toMatchObject({
      name: 'RangeError',
      message: 'only 40 left',
    });
    const seen: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await remote.each(
      [1, 2, 3],
      proxy((left: number) => {
        if (seen.push(left) === 3) resolve();
      }),
    );
    await promise;
    expect(seen).toEqual([39, 37, 34]);
    // Another proxy that is released takes nothing from this one.
    wrap(ref)[releaseProxy]();
    expect(await remote.withdraw(4)).toBe(30);
  },
);

test.each<Placement>(['parent', 'leastLoaded'])(
  'placement %s: calls reject when the actor dies, and afterwards at once',
  async placement => {
    system = new ActorSystem({ threads: 1, report: () => {} });
    const ref = system.spawn(account, { args: [100], placement });
    const remote = wrap(ref);
    await remote.withdraw(1);
    const stopped = ref.whenStopped();
    if (placement === 'parent') {
      const call = expect(remote.withdraw(1)).rejects.toMatchObject({
        name: 'ActorDiedError',
        reason: exit.killed,
      });
      system.exit(ref, exit.killed);
      await call;
    } else {
      await expect(remote.die()).rejects.toMatchObject({ name: 'ActorDiedError', reason: exit.threadDied });
    }
    await stopped;
    await expect(remote.withdraw(1)).rejects.toMatchObject({ name: 'ActorDiedError' });
  },
);

test.each<Placement>(['parent', 'leastLoaded'])(
  'placement %s: a call to an actor that is no object rejects, and says what to do',
  async placement => {
    system = new ActorSystem({ threads: 1, report: () => {} });
    const ref = system.spawn(taker, { placement, name: 'taker' }) as ActorRef<never>;
    const remote = wrap(ref as unknown as ActorRef<CallMessage<{ shout(): string }>>);
    await expect(remote.shout()).rejects.toThrow(
      new TypeError(
        'wrap /taker: the actor "taker" is no object: declare it with objectActor, or use tell and ask',
      ),
    );
  },
);

test('what is no ref is refused; routers pass calls on, and so do adapters', async () => {
  system = new ActorSystem({ threads: 0, report: () => {} });
  expect(() => wrap({} as never)).toThrow('wrap: expected the ref of an actor, got [object Object] (object)');
  const adder = objectActor(import.meta, function adder(_context: Context<never>) {
    return { add: (a: number, b: number) => a + b };
  });
  const pool = system.spawn(router({ start: adder, routees: 2 }));
  expect(await wrap(pool).add(1, 2)).toBe(3);
  type Call = CallMessage<{ add(a: number, b: number): number }>;
  const { promise, resolve } = Promise.withResolvers<ActorRef<Call>>();
  system.spawn((context: Context<{ readonly passed: Call }>) => {
    resolve(context.adapter((passed: Call) => ({ passed })));
    return ({ passed }) => pool.tell(passed);
  });
  expect(await wrap(await promise).add(3, 4)).toBe(7);
});

test('calls of a function whose thread dies reject, those under way and those that follow', async () => {
  system = new ActorSystem({ threads: 2, report: () => {} });
  const ref = system.spawn(holder, { placement: 'leastLoaded' });
  const from = system.spawn(lender, { args: [ref], placement: 'leastLoaded' });
  expect(await wrap(from).lend()).toBe(1);
  await expect(wrap(from).die()).rejects.toMatchObject({ name: 'ActorDiedError' });
  const remote = wrap(ref);
  const text = 'ActorDiedError: the function was passed by an actor that has ended';
  while ((await remote.told()) === '') await new Promise(resolve => setTimeout(resolve, 5));
  expect(await remote.told()).toBe(text);
  expect(await remote.again()).toBe(text);
});

test('a function that was lent keeps no program running after its system has stopped', () => {
  const file = fileURLToPath(new URL('./comlink-program.fixture.ts', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['--conditions=@heddle/source', file], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect([status, stdout]).toEqual([0, '99,97\n']);
});
