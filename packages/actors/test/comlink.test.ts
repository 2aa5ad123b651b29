/** Actors as objects. */
import { proxy, releaseProxy } from 'comlink';
import { afterEach, expect, test } from 'vitest';
import { ActorSystem, exit, wrap } from '../src/index.ts';
import type { Placement } from '../src/runtime/placement.ts';
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
